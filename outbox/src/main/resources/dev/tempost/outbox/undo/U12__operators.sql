-- Takes V12 back, with the audit.
DROP FUNCTION tempost.preview_bulk;
DROP TYPE tempost.bulk_preview;
DROP FUNCTION tempost.bulk_step;
DROP FUNCTION tempost.matches;
DROP FUNCTION tempost.cause;
DROP TABLE tempost.bulk_action;
DROP FUNCTION tempost.hold;
DROP FUNCTION tempost.hurry;
DROP FUNCTION tempost.saw;
DROP FUNCTION tempost.resend;
DROP FUNCTION tempost.changed_fields;
DROP FUNCTION tempost.correct;
DROP FUNCTION tempost.dismiss;
DROP FUNCTION tempost.retry;
DROP FUNCTION tempost.cancel;
DROP FUNCTION tempost.write_audit;
DROP TABLE tempost.audit;
DELETE FROM tempost.flyway_schema_history WHERE version = '12';
