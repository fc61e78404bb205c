-- Kill switches: what operators hold back.

CREATE TABLE tempost.pause (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text,
    event_type text,
    shard_key  text,
    reason     text        NOT NULL,
    paused_by  text        NOT NULL,
    paused_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at    timestamptz CONSTRAINT pause_end_is_finite CHECK (isfinite(ends_at)),
    resumed_by text,
    resumed_at timestamptz,
    CONSTRAINT pause_shard_is_a_tenants CHECK (shard_key IS NULL OR tenant IS NOT NULL),
    CONSTRAINT pause_resumed_by_somebody CHECK ((resumed_at IS NULL) = (resumed_by IS NULL))
);

-- one switch per scope
CREATE UNIQUE INDEX pause_active ON tempost.pause
    (coalesce(tenant, ''), coalesce(event_type, ''), coalesce(shard_key, '')) WHERE resumed_at IS NULL;

COMMENT ON TABLE tempost.pause IS
    'Kill switches, those of the past included. A row is held back by one whose tenant, event type and shard, where set, are '
    'its own; by one with none of them, everything is.';
COMMENT ON COLUMN tempost.pause.ends_at IS
    'When it is lifted by itself: by the next look of some replica, each second. Null when only somebody lifts it.';


-- The switch that holds back a tenant's rows of an event type, the oldest where there are several; null when none does.
--   p_shard_key   the shard they are in; null asks only for switches that hold back every row of the tenant and event type
CREATE FUNCTION tempost.pause_of(p_tenant text, p_event_type text, p_shard_key text) RETURNS tempost.pause
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held tempost.pause;
BEGIN
    SELECT * INTO held FROM tempost.pause p
    WHERE p.resumed_at IS NULL
      AND (p.tenant IS NULL OR p.tenant = p_tenant)
      AND (p.event_type IS NULL OR p.event_type = p_event_type)
      AND (p.shard_key IS NULL OR p.shard_key = p_shard_key)
    ORDER BY p.id LIMIT 1;
    RETURN held;
END
$$;


-- What a switch is about, in words.
CREATE FUNCTION tempost.pause_words(p_tenant text, p_event_type text, p_shard_key text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN coalesce(nullif(concat_ws(', ', 'tenant ' || p_tenant, 'event type ' || p_event_type, 'shard ' || p_shard_key), ''),
                'everything');


CREATE FUNCTION tempost.pause(
    reason     text,
    tenant     text DEFAULT NULL,
    event_type text DEFAULT NULL,
    shard_key  text DEFAULT NULL,
    paused_by  text DEFAULT session_user,
    ends_at    timestamptz DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT isfinite(pause.ends_at) OR pause.ends_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'pause: it cannot end at %', pause.ends_at
            USING HINT = 'Name a time to come, or none.', ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO tempost.pause (tenant, event_type, shard_key, reason, paused_by, ends_at)
    VALUES (pause.tenant, pause.event_type, pause.shard_key, pause.reason, pause.paused_by, pause.ends_at)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tempost.write_audit(
        pause.paused_by, 'pause', NULL, pause.tenant,
        tempost.pause_words(pause.tenant, pause.event_type, pause.shard_key)
            || coalesce(', until ' || pause.ends_at, '') || ': ' || pause.reason);
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.pause IS
    'Holds rows back from the next claim and the next attempt on: those of a tenant, an event type, a shard of a tenant, all '
    'that is given at once, or everything. False when that very switch was set already.';


CREATE FUNCTION tempost.resume(
    tenant     text DEFAULT NULL,
    event_type text DEFAULT NULL,
    shard_key  text DEFAULT NULL,
    resumed_by text DEFAULT session_user
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    lifted tempost.pause;
BEGIN
    UPDATE tempost.pause p SET resumed_at = clock_timestamp(), resumed_by = resume.resumed_by
    WHERE p.resumed_at IS NULL AND p.tenant IS NOT DISTINCT FROM resume.tenant
      AND p.event_type IS NOT DISTINCT FROM resume.event_type AND p.shard_key IS NOT DISTINCT FROM resume.shard_key
    RETURNING * INTO lifted;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    -- its first row waits for half a minute at most, as for any time; a claim that put it off just now is not waited for
    IF lifted.shard_key IS NOT NULL THEN
        UPDATE tempost.outbox o SET waits_for = NULL, next_attempt_at = NULL
        WHERE o.id = (
            SELECT h.id FROM tempost.outbox h
            WHERE h.id = (SELECT s.head FROM tempost.shard s
                          WHERE s.tenant = lifted.tenant AND s.shard_key = lifted.shard_key)
              AND h.status = 'pending' AND h.waits_for = 'time' AND tempost.ahead(h.deliver_after, NULL) IS NULL
            FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    PERFORM tempost.write_audit(
        resume.resumed_by, 'resume', NULL, lifted.tenant,
        tempost.pause_words(lifted.tenant, lifted.event_type, lifted.shard_key));
    PERFORM pg_notify('tempost_wake', '');
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.resume IS
    'Lifts the switch that was set with the same tenant, event type and shard. False when there is none.';


-- Lifts the switches whose end has come. True when there were any. Index pause_active.
CREATE FUNCTION tempost.resume_ended() RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended  tempost.pause;
    lifted boolean := false;
BEGIN
    FOR ended IN
        SELECT * FROM tempost.pause p WHERE p.resumed_at IS NULL AND p.ends_at <= clock_timestamp()
        ORDER BY p.id LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        lifted := tempost.resume(ended.tenant, ended.event_type, ended.shard_key, 'its end');
    END LOOP;
    RETURN lifted;
END
$$;
