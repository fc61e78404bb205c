-- Takes V14 back: nobody may call the ops API any more.
DROP TABLE tempost.answered;
DROP TABLE tempost.login_key;
DROP TABLE tempost.token;
DELETE FROM tempost.flyway_schema_history WHERE version = '14';
