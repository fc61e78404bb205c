-- Takes V12 back, with the audit.
DROP FUNCTION tempost.hurry;
DROP FUNCTION tempost.correct;
DROP FUNCTION tempost.dismiss;
DROP FUNCTION tempost.retry;
DROP FUNCTION tempost.cancel;
DROP FUNCTION tempost.write_audit;
DROP TABLE tempost.audit;
DELETE FROM tempost.flyway_schema_history WHERE version = '12';
