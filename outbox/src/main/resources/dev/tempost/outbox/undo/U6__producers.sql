-- Takes V6 back. Producers can insert rows, and call nothing.
DROP FUNCTION tempost.import;
DROP FUNCTION tempost.enqueue;
DROP FUNCTION tempost.insert_or_find;
DROP FUNCTION tempost.depth_after;
DROP TRIGGER producer_tenant_bound ON tempost.producer_tenant;
DROP FUNCTION tempost.producers_bound;
DROP TRIGGER outbox_bound ON tempost.outbox;
DROP FUNCTION tempost.refuse_tenant;
DROP TRIGGER outbox_bounded ON tempost.outbox;
DROP FUNCTION tempost.refuse_size;
DELETE FROM tempost.flyway_schema_history WHERE version = '6';
