-- What is open: counted now and then by one replica for all of them, and the one place that says which rows are wedged.

CREATE TABLE tempost.backlog (
    tenant     text   NOT NULL,
    event_type text   NOT NULL,
    status     text   NOT NULL,
    rows       bigint NOT NULL,
    due        bigint NOT NULL,
    oldest_at  timestamptz,
    wedged     bigint NOT NULL,
    ambiguous  bigint NOT NULL,
    PRIMARY KEY (tenant, event_type, status)
);

COMMENT ON TABLE tempost.backlog IS
    'What was open at tempost.backlog_count.counted_at; the view tempost.backlog_now counts anew.';
COMMENT ON COLUMN tempost.backlog.oldest_at IS 'Since when the oldest that is due has been; null when none is.';
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


-- Wedged: should have been tried again ten minutes ago, and nobody tries. An attempt that is still open was never told how it
-- ended, most likely because PostgreSQL could not be reached or its process was killed: its workflow comes again by a time it
-- could not write here, at the latest the longest wait after the deadline. Until then such a row is not wedged.
CREATE VIEW tempost.open_row AS
SELECT o.id, o.tenant, o.event_type, o.status, o.last_error_type, o.lease_until, o.dispatched_at,
       coalesce(o.deliver_after, o.created_at) AS due_at,
       o.cancel_requested_at IS NULL AND coalesce(o.deliver_after <= now(), true) AS is_due,
       o.status = 'dispatched' AND o.lease_until IS NULL
           AND coalesce(o.next_attempt_at, o.dispatched_at) < now() - interval '10 minutes'
           AND NOT EXISTS (
               SELECT FROM tempost.attempt a
               WHERE a.outbox_id = o.id AND a.finished_at IS NULL
                 AND a.deadline + (SELECT c.longest_wait FROM tempost.backlog_count c)
                     >= now() - interval '10 minutes')
           AS is_wedged
FROM tempost.outbox o
WHERE o.status IN ('pending', 'dispatched', 'failed');

COMMENT ON VIEW tempost.open_row IS
    'Rows that are open or failed: since when they are due, and whether they are wedged: dispatched, due for another attempt ten '
    'minutes ago, and tried by nobody.';


CREATE VIEW tempost.backlog_now AS
SELECT tenant, event_type, status, count(*) AS rows, count(*) FILTER (WHERE is_due) AS due,
       min(due_at) FILTER (WHERE is_due) AS oldest_at, count(*) FILTER (WHERE is_wedged) AS wedged,
       count(*) FILTER (WHERE last_error_type = 'AmbiguousOutcome') AS ambiguous
FROM tempost.open_row
GROUP BY tenant, event_type, status;

COMMENT ON VIEW tempost.backlog_now IS 'The backlog by tenant, event type and status, counted as it is read.';


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
-- 500 of the time, 20 ms in 10 s. Compiling expressions would cost more than it saves.
CREATE FUNCTION tempost.count_backlog(p_pause interval, p_longest_pause interval) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    began timestamptz := clock_timestamp();
BEGIN
    DELETE FROM tempost.backlog;
    INSERT INTO tempost.backlog SELECT * FROM tempost.backlog_now;
    UPDATE tempost.backlog_count
    SET counted_at = began,
        next_at = began + least(greatest(p_pause, (clock_timestamp() - began) * 500), p_longest_pause);
END
$$;
