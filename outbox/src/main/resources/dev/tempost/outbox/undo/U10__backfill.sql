-- Takes V10 back. What was enqueued stays; that it was enqueued is forgotten, and a backfill could run again.
DROP TABLE tempost.backfill;
DELETE FROM tempost.flyway_schema_history WHERE version = '10';
