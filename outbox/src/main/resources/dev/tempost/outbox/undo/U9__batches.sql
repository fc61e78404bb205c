-- Takes V9 back. Rows stay; those that a batch carries wait until their lease runs out.
DROP FUNCTION tempost.leave_carried;
DROP FUNCTION tempost.renew_carried;
DROP FUNCTION tempost.refuse_carried;
DROP FUNCTION tempost.accept_attempts;
DROP FUNCTION tempost.transmit_attempts;
DROP FUNCTION tempost.prolong_attempts;
DROP FUNCTION tempost.open_attempts;
DROP FUNCTION tempost.sift_carried;
DROP FUNCTION tempost.lock_carried;
DROP FUNCTION tempost.give_back;
DELETE FROM tempost.flyway_schema_history WHERE version = '9';
