-- Takes V7 back. Rows and ledger stay; nothing is sent until it is applied again.
DROP FUNCTION tempost.settle;
DROP FUNCTION tempost.mark;
DROP FUNCTION tempost.end_untold;
DROP FUNCTION tempost.refuse_attempt;
DROP FUNCTION tempost.accept_attempt;
DROP FUNCTION tempost.open_attempt;
DROP FUNCTION tempost.admit;
DROP FUNCTION tempost.wait_at_gate;
DROP FUNCTION tempost.held_at_gate;
DROP FUNCTION tempost.end_at_gate;
DROP FUNCTION tempost.crashes;
DROP TYPE tempost.admission;
DROP FUNCTION tempost.finish_from_ledger;
DROP FUNCTION tempost.reason_of_acceptance;
DROP FUNCTION tempost.under_way;
DROP FUNCTION tempost.close_attempt;
DELETE FROM tempost.flyway_schema_history WHERE version = '7';
