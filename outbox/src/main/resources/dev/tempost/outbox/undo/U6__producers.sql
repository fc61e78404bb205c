-- Takes V6 back. Producers can insert rows, and call nothing.
DROP FUNCTION tempost.import;
DROP FUNCTION tempost.enqueue;
DROP FUNCTION tempost.insert_or_find;
DROP FUNCTION tempost.depth_after;
DELETE FROM tempost.flyway_schema_history WHERE version = '6';
