-- Takes V2 back. Rows and ledger stay; nothing is sent until it is applied again.
DROP FUNCTION tempost.settle(bigint, uuid, timestamptz, text, text, text, text, text);
DROP FUNCTION tempost.conclude(bigint, uuid, text, text, boolean, text, text, text, text);
DROP FUNCTION tempost.refuse_attempt(
    bigint, uuid, int, text, text, text, text, boolean, text, text, interval);
DROP FUNCTION tempost.accept_attempt(bigint, uuid, int, text, text, text, text, text);
DROP FUNCTION tempost.open_attempt(bigint, uuid, text, boolean, text, text, interval, boolean);
DROP FUNCTION tempost.repair_from_ledger(bigint);
DROP FUNCTION tempost.close_attempt(bigint, text);
DELETE FROM tempost.flyway_schema_history WHERE version = '2';
