-- Takes V1 back, with every row. The schema itself stays: it holds the migration history.
DROP TABLE tempost.outbox;
DROP FUNCTION tempost.forget_infinity;
DROP FUNCTION tempost.line_up_behind;
DROP FUNCTION tempost.schedule_row;
DROP FUNCTION tempost.ahead;
DROP FUNCTION tempost.wake;
DELETE FROM tempost.flyway_schema_history WHERE version = '1';
