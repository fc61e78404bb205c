-- Takes V1 back, with every row. The schema itself stays: it holds the migration history.
DROP FUNCTION tempost.dismiss(bigint, text);
DROP FUNCTION tempost.cancel(bigint, text);
DROP FUNCTION tempost.retry(bigint);
DROP FUNCTION tempost.cancel_job(text, text, text);
DROP FUNCTION tempost.import;
DROP FUNCTION tempost.enqueue;
DROP TABLE tempost.pause;
DROP TABLE tempost.shard;
DROP TABLE tempost.provider;
DROP TABLE tempost.attempt;
DROP TABLE tempost.outbox;
DROP FUNCTION tempost.wake();
DELETE FROM tempost.flyway_schema_history WHERE version = '1';
