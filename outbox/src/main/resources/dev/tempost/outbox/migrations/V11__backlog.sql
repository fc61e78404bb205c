-- What is open: counted now and then by one replica for all of them, the one place that says which rows are wedged, and views for
-- whoever looks for a cause.

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
SELECT o.id, o.tenant, o.event_type, o.status, o.last_error_type, o.lease_until, o.dispatched_at, o.next_attempt_at, o.waits_for,
       o.provider, o.due_at, o.is_paused,
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


-- For whoever looks for a cause ---------------------------------------------------------------------------------------

-- These call no function of ours: whoever reads a view needs the right to execute what it calls.

-- Which switch, which shard and which provider is looked up only where the outer query asks for detail.
CREATE VIEW tempost.stuck AS
SELECT w.id, w.tenant, w.event_type, w.status, w.why,
       CASE WHEN w.why IN ('overdue', 'wedged') THEN coalesce(w.next_attempt_at, w.dispatched_at)
            WHEN w.why = 'lease' THEN w.lease_until
            ELSE w.due_at END AS since,
       CASE w.why
           WHEN 'paused' THEN (
               SELECT 'by ' || p.paused_by || ' since ' || date_trunc('second', p.paused_at) || ': ' || p.reason
               FROM tempost.pause p JOIN tempost.outbox o ON o.id = w.id
               WHERE p.resumed_at IS NULL
                 AND coalesce(p.tenant = o.tenant, true) AND coalesce(p.event_type = o.event_type, true)
                 AND (p.shard_key IS NULL OR p.shard_key = o.shard_key)
               ORDER BY p.id LIMIT 1)
           WHEN 'provider' THEN (
               SELECT p.name || ' since ' || date_trunc('second', p.down_since) || ': ' || p.error_type
               FROM tempost.provider p WHERE p.name = w.provider)
           WHEN 'shard' THEN (
               SELECT 'behind row ' || h.id || ', which is ' || h.status || coalesce(' (' || h.last_error_type || ')', '')
               FROM tempost.outbox o
               JOIN tempost.shard s ON s.tenant = o.tenant AND s.shard_key = o.shard_key
               JOIN tempost.outbox h ON h.id = s.head
               WHERE o.id = w.id)
           WHEN 'start refused' THEN (SELECT o.last_error FROM tempost.outbox o WHERE o.id = w.id)
           WHEN 'unclaimed' THEN (
               SELECT 'providers that are down: ' || string_agg(p.name, ', ' ORDER BY p.name)
               FROM tempost.provider p WHERE p.down_since IS NOT NULL)
           ELSE (
               SELECT 'attempt ' || a.attempt || ' has not ended, its deadline was ' || date_trunc('second', a.deadline)
               FROM tempost.attempt a WHERE a.outbox_id = w.id AND a.finished_at IS NULL)
       END AS detail
FROM (
    SELECT r.*,
           CASE WHEN r.is_paused THEN 'paused'
                WHEN r.waits_for = 'turn' THEN 'shard'
                WHEN r.provider IN (SELECT p.name FROM tempost.provider p WHERE p.down_since IS NOT NULL) THEN 'provider'
                WHEN r.status = 'pending' AND coalesce(r.next_attempt_at > now() - interval '1 minute', false) THEN NULL
                WHEN r.status = 'pending' AND r.last_error_type = 'StartRefused' THEN 'start refused'
                WHEN r.status = 'pending' THEN 'unclaimed'
                WHEN r.lease_until < now() - interval '1 minute' THEN 'lease'
                WHEN r.is_wedged THEN 'wedged'
                WHEN r.lease_until IS NULL AND coalesce(r.next_attempt_at, r.dispatched_at) < now() - interval '1 minute'
                    THEN 'overdue'
           END AS why
    FROM tempost.open_row r
    WHERE r.status IN ('pending', 'dispatched') AND r.due_at < now() - interval '1 minute') w
WHERE w.why IS NOT NULL;

COMMENT ON VIEW tempost.stuck IS
    'Rows that have been due for a minute and go nowhere, and why. Reads every open row, by index outbox_open.';
COMMENT ON COLUMN tempost.stuck.why IS
    'paused: a switch; shard: another row of its shard goes first; provider: its provider is down or held; start refused: by '
    'Temporal; unclaimed: no replica claims it, others go before it, or its provider is down; lease: claimed by a replica that '
    'is gone, and by no other since; overdue: its next attempt was due a minute ago; wedged: ten minutes ago.';
COMMENT ON COLUMN tempost.stuck.since IS 'Since when it has been due, or when its next attempt was, or its lease ran out.';
COMMENT ON COLUMN tempost.stuck.detail IS 'Which switch, row, provider or attempt; null when there is none to name.';


CREATE VIEW tempost.shard_depth AS
SELECT d.tenant, d.shard_key, d.depth, h.id AS head, h.status AS head_status, s.since, h.next_attempt_at, h.last_error_type,
       h.last_error
FROM (SELECT o.tenant, o.shard_key, count(*) AS depth, min(o.id) AS first
      FROM tempost.outbox o WHERE o.holds_shard GROUP BY o.tenant, o.shard_key) d
LEFT JOIN tempost.shard s ON s.tenant = d.tenant AND s.shard_key = d.shard_key
LEFT JOIN tempost.outbox h ON h.id = coalesce(s.head, d.first);

COMMENT ON VIEW tempost.shard_depth IS
    'Shards with open rows: how many, and the row that goes first. Reads every such row, by index outbox_shard. Keys are for '
    'operators: an application may have put an address into one.';
COMMENT ON COLUMN tempost.shard_depth.since IS 'Since when it is the head''s turn; null before a claim has looked at the shard.';


CREATE VIEW tempost.object_history AS
SELECT o.id, o.tenant, o.event_type, o.job_id, o.shard_key, o.object_key, o.status, o.reason, o.created_at, o.finished_at,
       o.superseded_by, o.resend_of, a.attempt, a.provider, a.phase, a.message_id, a.reply, a.started_at AS attempt_began_at,
       a.finished_at AS attempt_ended_at
FROM tempost.outbox o LEFT JOIN tempost.attempt a ON a.outbox_id = o.id;

COMMENT ON VIEW tempost.object_history IS
    'Rows with each of their attempts; no recipient and no payload. By id it reads one row; by job, shard or object the whole '
    'table. Keys are for operators.';


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
