-- Takes V16 back. Rights that were given stay.
DROP FUNCTION tempost.grant_rights;
DELETE FROM tempost.flyway_schema_history WHERE version = '16';
