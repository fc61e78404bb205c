-- Takes V5 back. Rows stay.
DROP FUNCTION tempost.cancel_job;
DROP FUNCTION tempost.cancel_rows;
DROP FUNCTION tempost.check_tenant;
DROP TABLE tempost.producer_tenant;
DROP FUNCTION tempost.supersede;
DROP FUNCTION tempost.newer_of_object;
DROP FUNCTION tempost.expire;
DROP FUNCTION tempost.finish_expired;
DROP FUNCTION tempost.finish;
DELETE FROM tempost.flyway_schema_history WHERE version = '5';
