-- Takes V8 back. Rows stay; nothing claims them until it is applied again.
DROP FUNCTION tempost.claim;
DROP FUNCTION tempost.choose;
DROP FUNCTION tempost.meet;
DROP FUNCTION tempost.line_up;
DROP FUNCTION tempost.lock_turn;
DROP FUNCTION tempost.first_in_lane;
DROP FUNCTION tempost.put_off;
DROP FUNCTION tempost.free_places;
DROP FUNCTION tempost.lock_limit;
DROP TABLE tempost.in_flight_limit;
DROP TYPE tempost.offer;
DROP VIEW tempost.in_flight;
DROP FUNCTION tempost.look_for_work;
DROP FUNCTION tempost.lanes_between;
DROP TYPE tempost.lane;
DROP FUNCTION tempost.wake_due;
DELETE FROM tempost.flyway_schema_history WHERE version = '8';
