-- Who may do what. The roles are those of tempost-roles.sql. Where they do not exist, the schema's owner does everything, and gives
-- producers what docs/getting-started.md says.

-- Takes every function from PUBLIC, and gives each role what it needs, objects that are new included: a migration that makes some
-- ends with it.
CREATE FUNCTION tempost.grant_rights() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- what a row says, and to whom, is for operators; so are keys in which an application may have put an address
    private CONSTANT name[] := '{recipient,payload,headers,dedup_key,object_key,shard_key}';
    -- by relation, the columns that are not
    public  CONSTANT jsonb := (
        SELECT jsonb_object_agg(c.relname, c.columns)
        FROM (SELECT r.relname, string_agg(quote_ident(a.attname), ', ') AS columns
              FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid
              WHERE r.oid IN ('tempost.outbox'::regclass, 'tempost.shard_depth'::regclass, 'tempost.object_history'::regclass)
                AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (private)
              GROUP BY r.relname) c);
    role    text;
    rights  text;
BEGIN
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tempost FROM PUBLIC;
    FOR role, rights IN VALUES
        ('service',  'SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tempost'),
        ('service',  'EXECUTE ON ALL FUNCTIONS IN SCHEMA tempost'),
        ('producer', 'INSERT (tenant, event_type, recipient, payload, shard_key, object_key, job_id, dedup_key, priority, '
                     'deliver_after, expires_at, headers), SELECT (id) ON tempost.outbox'),
        ('producer', 'EXECUTE ON FUNCTION tempost.enqueue, tempost.cancel_job'),
        ('operator', 'SELECT ON ALL TABLES IN SCHEMA tempost'),
        ('operator', 'EXECUTE ON FUNCTION tempost.backlog_groups, tempost.retry, tempost.dismiss, tempost.cancel, tempost.correct, tempost.send_now, '
                     'tempost.resend, tempost.pause, tempost.resume, tempost.hurry, tempost.hold, tempost.bulk, tempost.cancel_bulk, '
                     'tempost.preview_bulk, tempost.erase, tempost.suppress, tempost.suppress_all, tempost.unsuppress, '
                     'tempost.erase_suppressions'),
        -- what commands look with
        ('operator', 'EXECUTE ON FUNCTION tempost.pause_of, tempost.ahead, tempost.cause'),
        ('reader',   format('SELECT (%s) ON tempost.outbox', public ->> 'outbox')),
        ('reader',   'SELECT (id, at, actor, role, action, outbox_id, tenant, detail) ON tempost.audit'),
        ('reader',   'SELECT ON tempost.attempt, tempost.pause, tempost.provider, tempost.backlog, '
                     'tempost.backlog_count, tempost.backlog_now, tempost.open_row, tempost.in_flight, tempost.stuck'),
        ('reader',   format('SELECT (%s) ON tempost.shard_depth', public ->> 'shard_depth')),
        ('reader',   format('SELECT (%s) ON tempost.object_history', public ->> 'object_history')),
        ('reader',   'EXECUTE ON FUNCTION tempost.backlog_groups, tempost.cause'),
        ('observer', 'SELECT ON tempost.backlog, tempost.backlog_count, tempost.backlog_now, tempost.stuck'),
        ('observer', format('SELECT (%s) ON tempost.shard_depth', public ->> 'shard_depth')),
        ('observer', format('SELECT (%s) ON tempost.object_history', public ->> 'object_history'))
    LOOP
        IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'tempost_' || role) THEN
            EXECUTE format('GRANT USAGE ON SCHEMA tempost TO tempost_%s', role);
            EXECUTE format('GRANT %s TO tempost_%s', rights, role);
        END IF;
    END LOOP;
    -- what seals a login that somebody has begun
    IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'tempost_operator') THEN
        REVOKE ALL ON tempost.login_key FROM tempost_operator;
    END IF;
END
$$;

SELECT tempost.grant_rights();
