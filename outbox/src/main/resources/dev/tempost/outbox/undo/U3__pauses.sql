-- Takes V3 back, with every switch.
DROP FUNCTION tempost.resume_ended;
DROP FUNCTION tempost.resume;
DROP FUNCTION tempost.pause;
DROP FUNCTION tempost.pause_words;
DROP FUNCTION tempost.pause_of;
DROP TABLE tempost.pause;
DELETE FROM tempost.flyway_schema_history WHERE version = '3';
