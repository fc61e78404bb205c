-- What producers call in their own transactions.

-- How deep a row is that another one caused. Refuses what would never end.
CREATE FUNCTION tempost.depth_after(p_caused_by bigint, p_event_type text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    longest CONSTANT int := 10;
    cause tempost.outbox;
BEGIN
    IF p_caused_by IS NULL THEN
        RETURN 0;
    END IF;
    SELECT * INTO cause FROM tempost.outbox o WHERE o.id = p_caused_by;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'enqueue: caused_by is row %, which does not exist', p_caused_by
            USING HINT = 'Take the id of the row whose delivery led to this one, or leave caused_by out.',
                ERRCODE = 'foreign_key_violation';
    END IF;
    IF cause.depth >= longest THEN
        RAISE EXCEPTION 'enqueue: row % (%) is the end of a chain of % rows that each caused the next: % is not enqueued',
                cause.id, cause.event_type, longest, p_event_type
            USING HINT = 'What handles these rows enqueues in a loop. Let it enqueue only what changed something, and '
                'with a dedup_key what may happen once. ./tempost show prints the depth of a row.',
                ERRCODE = 'program_limit_exceeded';
    END IF;
    RETURN cause.depth + 1;
END
$$;


CREATE FUNCTION tempost.enqueue(
    event_type    text,
    recipient     text        DEFAULT NULL,
    payload       jsonb       DEFAULT '{}',
    tenant        text        DEFAULT 'default',
    shard_key     text        DEFAULT NULL,
    object_key    text        DEFAULT NULL,
    job_id        text        DEFAULT NULL,
    dedup_key     text        DEFAULT NULL,
    priority      int         DEFAULT 3,
    deliver_after timestamptz DEFAULT NULL,
    expires_at    timestamptz DEFAULT NULL,
    headers       jsonb       DEFAULT '{}',
    caused_by     bigint      DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    link   int := tempost.depth_after(enqueue.caused_by, enqueue.event_type);
    row_id bigint;
BEGIN
    -- drawn under this lock, ids of one shard commit in their order
    IF enqueue.shard_key IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(
            hashtextextended('tempost:' || enqueue.tenant || ':' || enqueue.shard_key, 0));
    END IF;

    -- again when the row in the way is deleted between the two statements
    LOOP
        INSERT INTO tempost.outbox AS o (
            event_type, recipient, payload, tenant, shard_key, object_key, job_id, dedup_key, priority, deliver_after,
            expires_at, headers, depth)
        VALUES (
            enqueue.event_type, enqueue.recipient, enqueue.payload, enqueue.tenant, enqueue.shard_key,
            enqueue.object_key, enqueue.job_id, enqueue.dedup_key, enqueue.priority, enqueue.deliver_after,
            enqueue.expires_at, enqueue.headers, link)
        ON CONFLICT (tenant, dedup_key) WHERE dedup_key IS NOT NULL DO NOTHING
        RETURNING o.id INTO row_id;

        EXIT WHEN row_id IS NOT NULL;
        SELECT o.id INTO row_id FROM tempost.outbox o
        WHERE o.tenant = enqueue.tenant AND o.dedup_key = enqueue.dedup_key;
        EXIT WHEN row_id IS NOT NULL;
    END LOOP;
    RETURN row_id;
END
$$;

COMMENT ON FUNCTION tempost.enqueue IS
    'Inserts a row and returns its id; with a dedup_key already in use it inserts nothing and returns the id of that row. '
    'What is enqueued because another row was delivered says so by caused_by: a chain of such rows ends at depth 10.';


CREATE FUNCTION tempost.import(
    event_type      text,
    status          text,
    recipient       text        DEFAULT NULL,
    payload         jsonb       DEFAULT '{}',
    tenant          text        DEFAULT 'default',
    attempts        int         DEFAULT 0,
    last_error      text        DEFAULT NULL,
    last_error_type text        DEFAULT NULL,
    last_error_at   timestamptz DEFAULT NULL,
    created_at      timestamptz DEFAULT NULL,
    finished_at     timestamptz DEFAULT NULL,
    reason          text        DEFAULT NULL,
    dedup_key       text        DEFAULT NULL,
    job_id          text        DEFAULT NULL,
    shard_key       text        DEFAULT NULL,
    object_key      text        DEFAULT NULL,
    priority        int         DEFAULT 3,
    deliver_after   timestamptz DEFAULT NULL,
    expires_at      timestamptz DEFAULT NULL,
    headers         jsonb       DEFAULT '{}'
) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    row_id bigint;
BEGIN
    IF import.status IS NULL OR import.status = 'dispatched' OR import.status NOT IN (
            'pending', 'delivered', 'failed', 'cancelled', 'expired', 'suppressed', 'superseded', 'dismissed') THEN
        RAISE EXCEPTION 'import: status % cannot be taken over', coalesce(quote_literal(import.status), 'null')
            USING HINT = 'A row in flight has no meaning here: wait until the other outbox has finished it, or import it as '
                'pending. Take pending, delivered, failed, cancelled, expired, suppressed, superseded or dismissed.',
                ERRCODE = 'invalid_parameter_value';
    END IF;

    -- again when the row in the way is deleted between the two statements
    LOOP
        INSERT INTO tempost.outbox AS o (
            event_type, recipient, payload, tenant, shard_key, object_key, job_id, dedup_key, priority, deliver_after,
            expires_at, headers, created_at, status, attempts, last_error, last_error_type, last_error_at, finished_at,
            reason)
        VALUES (
            import.event_type, import.recipient, import.payload, import.tenant, import.shard_key, import.object_key,
            import.job_id, import.dedup_key, import.priority, import.deliver_after, import.expires_at, import.headers,
            coalesce(import.created_at, clock_timestamp()), import.status, import.attempts, import.last_error,
            import.last_error_type, import.last_error_at,
            CASE WHEN import.status <> 'pending' THEN coalesce(import.finished_at, clock_timestamp()) END,
            import.reason)
        ON CONFLICT (tenant, dedup_key) WHERE dedup_key IS NOT NULL DO NOTHING
        RETURNING o.id INTO row_id;

        EXIT WHEN row_id IS NOT NULL;
        SELECT o.id INTO row_id FROM tempost.outbox o
        WHERE o.tenant = import.tenant AND o.dedup_key = import.dedup_key;
        EXIT WHEN row_id IS NOT NULL;
    END LOOP;
    RETURN row_id;
END
$$;

COMMENT ON FUNCTION tempost.import IS
    'Takes a row over from another outbox, in any final or pending state, with its attempts and last error.';
