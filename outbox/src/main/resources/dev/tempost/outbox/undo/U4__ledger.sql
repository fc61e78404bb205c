-- Takes V4 back, with the ledger.
DROP TABLE tempost.provider;
DROP TABLE tempost.attempt;
DELETE FROM tempost.flyway_schema_history WHERE version = '4';
