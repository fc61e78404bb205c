-- Takes V11 back. What is open stays; nobody counts it.
DROP FUNCTION tempost.count_backlog;
DROP FUNCTION tempost.take_count(interval, interval);
DROP FUNCTION tempost.backlog_groups;
DROP VIEW tempost.object_history;
DROP VIEW tempost.shard_depth;
DROP VIEW tempost.stuck;
DROP VIEW tempost.backlog_now;
DROP VIEW tempost.open_row;
DROP VIEW tempost.pause_scope;
DROP TABLE tempost.backlog_count;
DROP TABLE tempost.backlog;
DELETE FROM tempost.flyway_schema_history WHERE version = '11';
