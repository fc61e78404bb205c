-- Takes V2 back: rows of a shard are no longer kept in order.
DROP FUNCTION tempost.mend_turns;
DROP FUNCTION tempost.mend_turn;
DROP FUNCTION tempost.has_turn;
DROP TRIGGER outbox_gone ON tempost.outbox;
DROP TRIGGER outbox_ended ON tempost.outbox;
DROP FUNCTION tempost.row_ended;
DROP FUNCTION tempost.pass_turn;
DROP FUNCTION tempost.lock_shard;
DROP FUNCTION tempost.give_turn;
DROP FUNCTION tempost.free_head;
DROP FUNCTION tempost.first_in_shard;
DROP FUNCTION tempost.note_stuck_turn;
DROP TABLE tempost.stuck_turn;
DROP TABLE tempost.shard;
DELETE FROM tempost.flyway_schema_history WHERE version = '2';
