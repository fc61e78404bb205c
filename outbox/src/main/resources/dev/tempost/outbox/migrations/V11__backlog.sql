-- What is open: counted now and then by one replica for all of them, and the one place that says which rows are wedged.

CREATE TABLE tempost.backlog (
    tenant     text   NOT NULL,
    event_type text   NOT NULL,
    status     text   NOT NULL,
    rows       bigint NOT NULL,
    due        bigint NOT NULL,
    oldest_at  timestamptz,
    paused     bigint NOT NULL,
    wedged     bigint NOT NULL,
    ambiguous  bigint NOT NULL,
    PRIMARY KEY (tenant, event_type, status)
);

COMMENT ON TABLE tempost.backlog IS
    'What was open at tempost.backlog_count.counted_at, in few groups; the view tempost.backlog_now counts anew.';
COMMENT ON COLUMN tempost.backlog.oldest_at IS 'Since when the oldest that is due has been; null when none is.';
COMMENT ON COLUMN tempost.backlog.paused IS 'Those that a switch holds back: they are not due.';
COMMENT ON COLUMN tempost.backlog.ambiguous IS 'Those that may have been accepted by their last attempt.';


CREATE TABLE tempost.backlog_count (
    id           int         PRIMARY KEY DEFAULT 1 CONSTRAINT backlog_count_one_row CHECK (id = 1),
    counted_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    longest_wait interval    NOT NULL DEFAULT '1 hour'
);

COMMENT ON TABLE tempost.backlog_count IS 'One row: when the backlog was counted, and when it is counted again.';
COMMENT ON COLUMN tempost.backlog_count.longest_wait IS
    'The longest wait between two attempts that the configuration of the replica that counted last allows.';

INSERT INTO tempost.backlog_count DEFAULT VALUES;


-- The scopes of the switches that hold, by index pause_active; '' stands for all.
CREATE VIEW tempost.pause_scope AS
SELECT coalesce(tenant, '') AS tenant, coalesce(event_type, '') AS event_type, coalesce(shard_key, '') AS shard_key
FROM tempost.pause WHERE resumed_at IS NULL;


-- Wedged: should have been tried again ten minutes ago, and nobody tries. An attempt that is still open was never told how it
-- ended, most likely because PostgreSQL could not be reached or its process was killed: its workflow comes again by a time it
-- could not write here, at the latest the longest wait after the deadline. Until then such a row is not wedged.
-- Paused: as tempost.pause_of says. Here the scopes are put into a hash once and each row looked up in it, however many switches
-- hold; while none does, no row is.
CREATE VIEW tempost.open_row AS
SELECT o.id, o.tenant, o.event_type, o.status, o.last_error_type, o.lease_until, o.dispatched_at, o.due_at, o.is_paused,
       NOT o.is_paused AND o.cancel_requested_at IS NULL AND coalesce(o.deliver_after <= now(), true) AS is_due,
       o.status = 'dispatched' AND o.lease_until IS NULL
           AND coalesce(o.next_attempt_at, o.dispatched_at) < now() - interval '10 minutes'
           AND NOT EXISTS (
               SELECT FROM tempost.attempt a
               WHERE a.outbox_id = o.id AND a.finished_at IS NULL
                 AND a.deadline + (SELECT c.longest_wait FROM tempost.backlog_count c)
                     >= now() - interval '10 minutes')
           AS is_wedged
FROM (SELECT r.*, coalesce(r.deliver_after, r.created_at) AS due_at,
             (SELECT EXISTS (SELECT FROM tempost.pause_scope)) AND r.status <> 'failed' AND (
                 (r.tenant, r.event_type, '') IN (TABLE tempost.pause_scope)
                 OR (r.tenant, '', '') IN (TABLE tempost.pause_scope)
                 OR ('', r.event_type, '') IN (TABLE tempost.pause_scope)
                 OR ('', '', '') IN (TABLE tempost.pause_scope)
                 OR r.shard_key IS NOT NULL AND (
                     (r.tenant, r.event_type, r.shard_key) IN (TABLE tempost.pause_scope)
                     OR (r.tenant, '', r.shard_key) IN (TABLE tempost.pause_scope))) AS is_paused
      FROM tempost.outbox r
      WHERE r.status IN ('pending', 'dispatched', 'failed')) o;

COMMENT ON VIEW tempost.open_row IS
    'Rows that are open or failed: since when they are due, whether a switch holds them back, which makes them not due, and whether '
    'they are wedged: dispatched, due for another attempt ten minutes ago, and tried by nobody.';


CREATE VIEW tempost.backlog_now AS
SELECT tenant, event_type, status, count(*) AS rows, count(*) FILTER (WHERE is_due) AS due,
       min(due_at) FILTER (WHERE is_due) AS oldest_at, count(*) FILTER (WHERE is_paused) AS paused,
       count(*) FILTER (WHERE is_wedged) AS wedged,
       count(*) FILTER (WHERE last_error_type = 'AmbiguousOutcome') AS ambiguous
FROM tempost.open_row
GROUP BY tenant, event_type, status;

COMMENT ON VIEW tempost.backlog_now IS 'The backlog by tenant, event type and status, counted as it is read.';


-- The backlog in few groups, however many tenants and event types a producer makes up. An event type keeps its name when it is
-- among p_event_types or has the most rows, a tenant when it is among p_tenants or has, with this event type, the most rows. The
-- rest is added up as 'other'.
--   p_tenant   only this tenant; null for all
--   p_types    how many event types keep their names beside those that are given
--   p_pairs    how many pairs of tenant and event type keep their tenant beside the tenants that are given
CREATE FUNCTION tempost.backlog_groups(
    p_tenant text, p_tenants text[], p_event_types text[], p_types int, p_pairs int
) RETURNS SETOF tempost.backlog
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH counted AS MATERIALIZED (
        SELECT n.* FROM tempost.backlog_now n WHERE p_tenant IS NULL OR n.tenant = p_tenant
    ), types AS (
        SELECT event_type FROM counted GROUP BY event_type
        ORDER BY event_type = ANY (p_event_types) DESC, sum(rows) DESC, event_type
        LIMIT p_types + cardinality(p_event_types)
    ), typed AS MATERIALIZED (
        SELECT c.tenant, coalesce(t.event_type, 'other') AS event_type, c.status, c.rows, c.due, c.oldest_at, c.paused,
               c.wedged, c.ambiguous
        FROM counted c LEFT JOIN types t ON t.event_type = c.event_type
    ), pairs AS (
        SELECT tenant, event_type FROM typed GROUP BY tenant, event_type
        ORDER BY sum(rows) DESC, tenant, event_type LIMIT p_pairs
    )
    SELECT CASE WHEN p.tenant IS NOT NULL OR t.tenant = ANY (p_tenants) THEN t.tenant ELSE 'other' END, t.event_type,
           t.status, sum(t.rows)::bigint, sum(t.due)::bigint, min(t.oldest_at), sum(t.paused)::bigint,
           sum(t.wedged)::bigint, sum(t.ambiguous)::bigint
    FROM typed t LEFT JOIN pairs p ON p.tenant = t.tenant AND p.event_type = t.event_type
    GROUP BY 1, 2, 3;
END
$$;


-- True for the one replica that is to count now. Should it die over it, the next one counts after the longest pause. A time
-- beyond that was set by a clock that was ahead.
CREATE FUNCTION tempost.take_count(p_longest_wait interval, p_longest_pause interval) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE tempost.backlog_count
    SET next_at = clock_timestamp() + p_longest_pause, longest_wait = p_longest_wait
    WHERE next_at <= clock_timestamp() OR next_at > clock_timestamp() + p_longest_pause;
    RETURN FOUND;
END
$$;


-- Counts, for whoever took the count. All open rows are read, so the more there are the less often: a count takes one part in
-- 500 of the time, 20 ms in 10 s. Compiling expressions would cost more than it saves. The last four parameters are those of
-- backlog_groups.
CREATE FUNCTION tempost.count_backlog(
    p_pause interval, p_longest_pause interval, p_tenants text[], p_event_types text[], p_types int, p_pairs int
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    began timestamptz := clock_timestamp();
BEGIN
    DELETE FROM tempost.backlog;
    INSERT INTO tempost.backlog SELECT * FROM tempost.backlog_groups(NULL, p_tenants, p_event_types, p_types, p_pairs);
    UPDATE tempost.backlog_count
    SET counted_at = began,
        next_at = began + least(greatest(p_pause, (clock_timestamp() - began) * 500), p_longest_pause);
END
$$;
