-- Takes V1 back, with every row. The schema itself stays: it holds the migration history.
DROP FUNCTION tempost.settle(bigint, uuid, timestamptz, text, text, text, text, text);
DROP FUNCTION tempost.conclude(bigint, uuid, text, text, boolean, text, text, text, text);
DROP FUNCTION tempost.refuse_attempt(
    bigint, uuid, int, text, text, text, text, boolean, text, text, interval);
DROP FUNCTION tempost.accept_attempt(bigint, uuid, int, text, text, text, text, text);
DROP FUNCTION tempost.open_attempt(bigint, uuid, text, boolean, text, text, interval, boolean);
DROP FUNCTION tempost.repair_from_ledger(bigint);
DROP FUNCTION tempost.close_attempt(bigint, text);
DROP FUNCTION tempost.dismiss(bigint, text);
DROP FUNCTION tempost.cancel(bigint, text);
DROP FUNCTION tempost.retry(bigint);
DROP FUNCTION tempost.cancel_job(text, text, text);
DROP FUNCTION tempost.import;
DROP FUNCTION tempost.enqueue;
DROP TABLE tempost.provider;
DROP TABLE tempost.attempt;
DROP TABLE tempost.outbox;
DROP FUNCTION tempost.wake();
DELETE FROM tempost.flyway_schema_history WHERE version = '1';
