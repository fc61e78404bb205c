-- What producers write, and call, in their own transactions.

-- Refuses what is too large to be sent many at a time.
CREATE FUNCTION tempost.refuse_size() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    large record;
BEGIN
    SELECT c.* INTO large
    FROM (VALUES ('payload', octet_length(NEW.payload::text), 262144), ('headers', octet_length(NEW.headers::text), 16384),
                 ('recipient', octet_length(NEW.recipient), 2048), ('object_key', octet_length(NEW.object_key), 1024))
        AS c (field, bytes, most)
    WHERE c.bytes > c.most;
    RAISE EXCEPTION 'outbox: % of row % (% of tenant %) has % bytes, and at most % are taken',
            large.field, NEW.id, NEW.event_type, NEW.tenant, large.bytes, large.most
        USING HINT = 'Keep what is large elsewhere, and let the row hold a key or a link to it.',
            ERRCODE = 'program_limit_exceeded';
END
$$;

-- by name before all others; a condition costs a tenth of a function
CREATE TRIGGER outbox_bounded BEFORE INSERT OR UPDATE OF payload, headers, recipient, object_key ON tempost.outbox
    FOR EACH ROW WHEN (
        octet_length(NEW.payload::text) > 262144 OR octet_length(NEW.headers::text) > 16384
        OR octet_length(NEW.recipient) > 2048 OR octet_length(NEW.object_key) > 1024)
    EXECUTE FUNCTION tempost.refuse_size();


CREATE FUNCTION tempost.refuse_tenant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM tempost.check_tenant(NEW.tenant);
    RETURN NEW;
END
$$;

-- it doubles what an insert costs: only where some login is bound
CREATE TRIGGER outbox_bound BEFORE INSERT OR UPDATE OF tenant ON tempost.outbox
    FOR EACH ROW EXECUTE FUNCTION tempost.refuse_tenant();
ALTER TABLE tempost.outbox DISABLE TRIGGER outbox_bound;


CREATE FUNCTION tempost.producers_bound() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    ALTER TABLE tempost.outbox ENABLE TRIGGER outbox_bound;
    RETURN NULL;
END
$$;

CREATE TRIGGER producer_tenant_bound AFTER INSERT ON tempost.producer_tenant
    FOR EACH STATEMENT EXECUTE FUNCTION tempost.producers_bound();


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


-- Inserts a row of the outbox, the column defaults filled in by the caller; with a dedup_key that is in use, nothing. Returns
-- the id of the one or the other.
CREATE FUNCTION tempost.insert_or_find(new_row tempost.outbox) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    row_id bigint;
BEGIN
    -- again when the row in the way is deleted between the two statements
    LOOP
        INSERT INTO tempost.outbox AS o (
            event_type, recipient, payload, tenant, shard_key, object_key, job_id, dedup_key, priority, deliver_after,
            expires_at, headers, depth, created_at, status, attempts, last_error, last_error_type, last_error_at,
            finished_at, reason)
        VALUES (
            new_row.event_type, new_row.recipient, new_row.payload, new_row.tenant, new_row.shard_key,
            new_row.object_key, new_row.job_id, new_row.dedup_key, new_row.priority, new_row.deliver_after,
            new_row.expires_at, new_row.headers, new_row.depth, new_row.created_at, new_row.status, new_row.attempts,
            new_row.last_error, new_row.last_error_type, new_row.last_error_at, new_row.finished_at, new_row.reason)
        ON CONFLICT (tenant, dedup_key) WHERE dedup_key IS NOT NULL DO NOTHING
        RETURNING o.id INTO row_id;

        EXIT WHEN row_id IS NOT NULL;
        SELECT o.id INTO row_id FROM tempost.outbox o
        WHERE o.tenant = new_row.tenant AND o.dedup_key = new_row.dedup_key;
        EXIT WHEN row_id IS NOT NULL;
    END LOOP;
    RETURN row_id;
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
    r tempost.outbox;
BEGIN
    -- drawn under this lock, ids of one shard commit in their order
    IF enqueue.shard_key IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(
            hashtextextended('tempost:' || enqueue.tenant || ':' || enqueue.shard_key, 0));
    END IF;

    r.event_type := enqueue.event_type;         r.recipient := enqueue.recipient;
    r.payload := enqueue.payload;               r.headers := enqueue.headers;
    r.tenant := enqueue.tenant;                 r.shard_key := enqueue.shard_key;
    r.object_key := enqueue.object_key;         r.job_id := enqueue.job_id;
    r.dedup_key := enqueue.dedup_key;           r.priority := enqueue.priority;
    r.deliver_after := enqueue.deliver_after;   r.expires_at := enqueue.expires_at;
    r.depth := tempost.depth_after(enqueue.caused_by, enqueue.event_type);
    r.created_at := clock_timestamp();          r.status := 'pending';
    r.attempts := 0;
    RETURN tempost.insert_or_find(r);
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
    r tempost.outbox;
BEGIN
    IF import.status IS NULL OR import.status = 'dispatched' OR import.status NOT IN (
            'pending', 'delivered', 'failed', 'cancelled', 'expired', 'suppressed', 'superseded', 'dismissed') THEN
        RAISE EXCEPTION 'import: status % cannot be taken over', coalesce(quote_literal(import.status), 'null')
            USING HINT = 'A row in flight has no meaning here: wait until the other outbox has finished it, or import it as '
                'pending. Take pending, delivered, failed, cancelled, expired, suppressed, superseded or dismissed.',
                ERRCODE = 'invalid_parameter_value';
    END IF;

    r.event_type := import.event_type;          r.recipient := import.recipient;
    r.payload := import.payload;                r.headers := import.headers;
    r.tenant := import.tenant;                  r.shard_key := import.shard_key;
    r.object_key := import.object_key;          r.job_id := import.job_id;
    r.dedup_key := import.dedup_key;            r.priority := import.priority;
    r.deliver_after := import.deliver_after;    r.expires_at := import.expires_at;
    r.status := import.status;                  r.attempts := import.attempts;
    r.last_error := import.last_error;          r.last_error_type := import.last_error_type;
    r.last_error_at := import.last_error_at;    r.reason := import.reason;
    r.created_at := coalesce(import.created_at, clock_timestamp());     r.depth := 0;
    r.finished_at := CASE WHEN import.status <> 'pending' THEN coalesce(import.finished_at, clock_timestamp()) END;
    RETURN tempost.insert_or_find(r);
END
$$;

COMMENT ON FUNCTION tempost.import IS
    'Takes a row over from another outbox, in any final or pending state, with its attempts and last error.';
