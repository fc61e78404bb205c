-- How a row ends. finish is the only writer of an end; what decides about it stands in front of it.

-- Ends rows whose locks the caller holds.
--   p_reason               why, in the row's words; null for a plain delivery
--   p_finished_at          null for now
--   p_error, p_error_type  null to keep what the row says
--   p_run_id, p_workflow_id, p_provider, p_superseded_by   null to keep what the row says
--   p_provider_message_ids   one for each row, null to keep what the row says
--   p_reached              1 for an attempt that reached its provider and is not counted yet
CREATE FUNCTION tempost.finish(
    p_ids                  bigint[],
    p_status               text,
    p_reason               text,
    p_finished_at          timestamptz DEFAULT NULL,
    p_error                text        DEFAULT NULL,
    p_error_type           text        DEFAULT NULL,
    p_run_id               text        DEFAULT NULL,
    p_workflow_id          text        DEFAULT NULL,
    p_provider             text        DEFAULT NULL,
    p_provider_message_ids text[]      DEFAULT NULL,
    p_superseded_by        bigint      DEFAULT NULL,
    p_reached              int         DEFAULT 0
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE tempost.outbox o
    SET status              = p_status,
        reason              = p_reason,
        finished_at         = coalesce(p_finished_at, clock_timestamp()),
        waits_for           = NULL,
        lease_until         = NULL,
        next_attempt_at     = NULL,
        attempts            = o.attempts + p_reached,
        last_error          = coalesce(p_error, o.last_error),
        last_error_type     = coalesce(p_error_type, o.last_error_type),
        last_error_at       = CASE WHEN p_error IS NULL THEN o.last_error_at ELSE clock_timestamp() END,
        run_id              = coalesce(p_run_id, o.run_id),
        workflow_id         = coalesce(p_workflow_id, o.workflow_id),
        provider            = coalesce(p_provider, o.provider),
        provider_message_id = coalesce(p_provider_message_ids[array_position(p_ids, o.id)], o.provider_message_id),
        superseded_by       = coalesce(p_superseded_by, o.superseded_by)
    WHERE o.id = ANY (p_ids);
END
$$;


-- Expiry -----------------------------------------------------------------------------------------------------------

-- Ends rows that were not sent before they became worthless.
CREATE FUNCTION tempost.finish_expired(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM tempost.finish(p_ids, 'expired', 'expires_at passed before it was accepted');
END
$$;


-- Ends pending rows whose expires_at has passed, at most so many; returns how many. Index outbox_expiring, bounded by now():
-- clock_timestamp() may differ for every row, so it would read them all. A row that a batch gave back while an attempt of its was
-- under way waits for the attempt's deadline, and is judged by it.
CREATE FUNCTION tempost.expire(p_limit int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    worthless bigint[] := ARRAY(
        SELECT o.id FROM tempost.outbox o
        WHERE o.status = 'pending' AND o.expires_at <= now()
          AND NOT EXISTS (
              SELECT FROM tempost.attempt a WHERE a.outbox_id = o.id AND a.finished_at IS NULL AND a.deadline > now())
        ORDER BY o.expires_at LIMIT p_limit
        FOR NO KEY UPDATE OF o SKIP LOCKED);
    o         tempost.outbox;
BEGIN
    FOR o IN SELECT c.* FROM tempost.outbox c JOIN tempost.attempt a ON a.outbox_id = c.id AND a.finished_at IS NULL
             WHERE c.id = ANY (worthless) LOOP
        PERFORM tempost.end_untold(o, 'expired', 'expires_at passed before it was accepted', NULL, NULL, NULL, NULL);
        worthless := array_remove(worthless, o.id);
    END LOOP;
    PERFORM tempost.finish_expired(worthless);
    RETURN cardinality(worthless);
END
$$;


-- Coalescing -------------------------------------------------------------------------------------------------------

-- The newest row of an object that makes an older one needless: it is due, in flight or delivered, or may have been sent.
-- Null when there is none. Index outbox_object, one probe a status.
CREATE FUNCTION tempost.newer_of_object(o tempost.outbox) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT max(newer.id)
        FROM unnest(ARRAY['pending', 'dispatched', 'delivered', 'failed', 'cancelled', 'expired', 'dismissed', 'suppressed']) s (status)
        CROSS JOIN LATERAL (
            SELECT n.id FROM tempost.outbox n
            WHERE n.tenant = o.tenant AND n.shard_key = o.shard_key AND n.event_type = o.event_type
              AND n.object_key = o.object_key AND n.object_key IS NOT NULL AND n.status <> 'superseded'
              AND n.status = s.status AND n.id > o.id
              AND (n.status = 'delivered'
                   OR n.status IN ('pending', 'dispatched') AND n.cancel_requested_at IS NULL
                      AND tempost.ahead(n.deliver_after, NULL) IS NULL
                      AND (n.expires_at IS NULL OR tempost.ahead(n.expires_at, NULL) IS NOT NULL)
                   OR EXISTS (SELECT FROM tempost.attempt a WHERE a.outbox_id = n.id AND a.phase = 'ambiguous'))
            ORDER BY n.id DESC LIMIT 1) newer);
END
$$;


-- Ends a row whose lock the caller holds, and older pending rows of its object, when a newer one makes them needless. False
-- when it is itself the newest.
CREATE FUNCTION tempost.supersede(p_id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o     tempost.outbox;
    newer bigint;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id;
    newer := tempost.newer_of_object(o);
    IF newer IS NULL THEN
        RETURN false;
    END IF;

    -- a bounded number: what is left follows when it is met
    PERFORM tempost.finish(p_id || ARRAY(
        SELECT old.id FROM tempost.outbox old
        WHERE old.tenant = o.tenant AND old.shard_key = o.shard_key AND old.event_type = o.event_type
          AND old.object_key = o.object_key AND old.object_key IS NOT NULL
          AND old.status <> 'superseded' AND old.status = 'pending' AND old.id < newer AND old.id <> p_id
        ORDER BY old.id DESC LIMIT 500
        FOR NO KEY UPDATE SKIP LOCKED), 'superseded', 'row ' || newer || ' is newer', p_superseded_by => newer);
    RETURN true;
END
$$;


-- Tenants ----------------------------------------------------------------------------------------------------------

CREATE TABLE tempost.producer_tenant (
    role   name NOT NULL,
    tenant text NOT NULL,
    PRIMARY KEY (role, tenant)
);

COMMENT ON TABLE tempost.producer_tenant IS
    'The tenants a login may write for. A login that is not named here may write for every tenant.';


-- Refuses a login that is bound to other tenants.
CREATE FUNCTION tempost.check_tenant(p_tenant text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM tempost.producer_tenant b WHERE b.role = session_user)
            AND NOT EXISTS (
                SELECT FROM tempost.producer_tenant b WHERE b.role = session_user AND b.tenant = p_tenant) THEN
        RAISE EXCEPTION 'outbox: % may not write for tenant %', session_user, p_tenant
            USING HINT = 'tempost.producer_tenant names the tenants it may write for. Take one of those, or ask the owner of '
                'the schema for a row there.',
                ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;


-- Cancelling -------------------------------------------------------------------------------------------------------

-- Cancels rows whose locks the caller holds: pending ones at once, those in flight before their next attempt, and so those that a
-- batch gave back while an attempt of theirs was under way. Returns how many.
CREATE FUNCTION tempost.cancel_rows(p_ids bigint[], p_reason text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tried bigint[] := ARRAY(
        SELECT a.outbox_id FROM tempost.attempt a WHERE a.outbox_id = ANY (p_ids) AND a.finished_at IS NULL);
BEGIN
    UPDATE tempost.outbox o
    SET cancel_requested_at = coalesce(o.cancel_requested_at, clock_timestamp()), reason = coalesce(o.reason, p_reason)
    WHERE o.id = ANY (p_ids) AND (o.status = 'dispatched' OR o.status = 'pending' AND o.id = ANY (tried));
    PERFORM tempost.finish(
        ARRAY(SELECT o.id FROM tempost.outbox o
              WHERE o.id = ANY (p_ids) AND o.status = 'pending' AND NOT o.id = ANY (tried)), 'cancelled', p_reason);
    IF cardinality(p_ids) > 0 THEN
        PERFORM pg_notify('tempost_wake', '');
    END IF;
    RETURN cardinality(p_ids);
END
$$;


CREATE FUNCTION tempost.cancel_job(tenant text, job_id text, reason text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM tempost.check_tenant(cancel_job.tenant);
    RETURN tempost.cancel_rows(ARRAY(
        SELECT o.id FROM tempost.outbox o
        WHERE o.tenant = cancel_job.tenant AND o.job_id = cancel_job.job_id AND o.status IN ('pending', 'dispatched')
        ORDER BY o.id FOR NO KEY UPDATE), cancel_job.reason);
END
$$;

COMMENT ON FUNCTION tempost.cancel_job IS
    'Cancels what a job no longer needs, in the caller''s transaction. Pending rows are cancelled at once; rows in flight are '
    'cancelled before their next attempt. Returns how many rows it touched.';
