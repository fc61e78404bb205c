-- Takes V13 back. What was scrubbed or erased stays so.
DROP FUNCTION tempost.erase;
DROP TYPE tempost.erasure;
DROP FUNCTION tempost.scrub;
DROP FUNCTION tempost.scrub_rows;
DELETE FROM tempost.flyway_schema_history WHERE version = '13';
