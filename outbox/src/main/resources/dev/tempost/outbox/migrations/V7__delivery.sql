-- What happens to a row in flight: the gate before each attempt, what comes of it, and the end of rows nobody drives any more.

-- Closes the open attempt of a row whose sender is gone or given up, and returns the phase it ended in; null when none was
-- open. A sender that has not begun to transmit finds it closed and hangs up. What was being transmitted stays unknown, and
-- the row says so; a late acceptance still delivers.
CREATE FUNCTION tempost.close_attempt(p_id bigint) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    nothing_read CONSTANT text := 'no reply was recorded after the final dot';
    ended text;
BEGIN
    UPDATE tempost.attempt a
    SET phase       = CASE a.phase WHEN 'transmitting' THEN 'ambiguous' ELSE 'transient' END,
        reached     = a.phase = 'transmitting',
        reply       = CASE a.phase WHEN 'transmitting' THEN nothing_read
                                   ELSE 'the attempt ended before anything was transmitted' END,
        finished_at = clock_timestamp()
    WHERE a.outbox_id = p_id AND a.finished_at IS NULL
    RETURNING a.phase INTO ended;

    IF ended = 'ambiguous' THEN
        UPDATE tempost.outbox o
        SET attempts = o.attempts + 1, last_error = nothing_read, last_error_type = 'AmbiguousOutcome',
            last_error_at = clock_timestamp()
        WHERE o.id = p_id;
    END IF;
    RETURN ended;
END
$$;


-- How long the open attempt of a row may still be under way; null when none is open, or its deadline has passed. Locks it, so
-- that it does not begin to transmit while it is judged by its old phase.
CREATE FUNCTION tempost.under_way(p_id bigint) RETURNS interval
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    until timestamptz;
BEGIN
    SELECT a.deadline INTO until FROM tempost.attempt a
    WHERE a.outbox_id = p_id AND a.finished_at IS NULL FOR NO KEY UPDATE;
    RETURN CASE WHEN until > clock_timestamp() THEN until - clock_timestamp() END;
END
$$;


-- The reason of a row that was accepted.
CREATE FUNCTION tempost.reason_of_acceptance(o tempost.outbox, p_otherwise text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN o.cancel_requested_at IS NULL THEN p_otherwise ELSE concat_ws(': ', 'the cancel came too late', o.reason) END;


-- Delivers a row whose ledger knows of an acceptance that the row does not. False when it knows of none.
CREATE FUNCTION tempost.finish_from_ledger(o tempost.outbox) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    accepted tempost.attempt;
BEGIN
    SELECT * INTO accepted FROM tempost.attempt a
    WHERE a.outbox_id = o.id AND a.phase = 'accepted' ORDER BY a.attempt LIMIT 1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tempost.finish(
        ARRAY[o.id], 'delivered', tempost.reason_of_acceptance(o, 'the ledger has its acceptance'),
        p_finished_at => accepted.finished_at, p_run_id => accepted.run_id, p_provider => accepted.provider,
        p_reached => CASE o.attempts WHEN 0 THEN 1 ELSE 0 END);
    RETURN true;
END
$$;


-- The gate ---------------------------------------------------------------------------------------------------------

-- The gate's answer.
--   send            an attempt is open now; its number and the row's content follow
--   locked          somebody, for instance an application's transaction, holds the row: nothing was written
--   in_progress     another attempt is open until its deadline
--   provider_down   nothing goes through this provider for now
--   paused          a switch holds it back; reason says why
--   not_its_turn    another row of its shard has the turn
--   not_dispatched  the row is pending and this is no reset: it will be claimed again
--   parked          an earlier attempt may have been accepted, and the event type says not to send again
--   missing         no row with this id and key
--   any status      the row's own outcome: nothing to send
-- wait_ms is when to ask again; gave_up the phase in which a dead attempt was closed, null where there was none.
CREATE TYPE tempost.admission AS (
    verdict text, wait_ms bigint, attempt int, reached bigint, recipient text, payload text, headers text,
    last_error text, last_error_type text, reason text, gave_up text);


-- Whether the last three attempts of a run ended with the process that made them: a fourth would most likely take another process
-- along, and with it what its neighbours have under way.
CREATE FUNCTION tempost.crashes(p_id bigint, p_run_id text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT count(*) = 3 AND NOT bool_or(last.reported)
        FROM (SELECT a.reported FROM tempost.attempt a
              WHERE a.outbox_id = p_id AND a.run_id = p_run_id ORDER BY a.attempt DESC LIMIT 3) last);
END
$$;


-- What ends a row at the gate, or forbids to send it for ever: its verdict, null when nothing does. The row was ended where
-- that is due.
--   p_gave_up       the phase in which this very gate has closed a dead attempt; null where there was none
--   p_suppressing   as for open_attempt
CREATE FUNCTION tempost.end_at_gate(
    o tempost.outbox, p_run_id text, p_park boolean, p_gave_up text, p_suppressing text[]
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    suppressed text;
BEGIN
    -- the row came from a backup, or somebody put it back by hand
    IF tempost.finish_from_ledger(o) THEN
        RETURN 'delivered';
    END IF;
    -- an operator's retry forgives what was ambiguous before it
    IF p_park AND (o.status = 'failed' AND o.last_error_type = 'AmbiguousOutcome' OR EXISTS (
            SELECT FROM tempost.attempt a
            WHERE a.outbox_id = o.id AND a.phase = 'ambiguous'
              AND a.finished_at >= coalesce(o.retried_at, '-infinity'))) THEN
        RETURN 'parked';
    END IF;
    IF o.cancel_requested_at IS NOT NULL THEN
        PERFORM tempost.finish(ARRAY[o.id], 'cancelled', o.reason, p_run_id => p_run_id);
        RETURN 'cancelled';
    END IF;
    IF o.expires_at <= clock_timestamp() THEN
        PERFORM tempost.finish_expired(ARRAY[o.id]);
        RETURN 'expired';
    END IF;
    IF o.object_key IS NOT NULL AND tempost.supersede(o.id) THEN
        RETURN 'superseded';
    END IF;
    IF p_suppressing IS NOT NULL THEN
        suppressed := tempost.suppressed_by(o.tenant, o.recipient, p_suppressing);
        IF suppressed IS NOT NULL THEN
            PERFORM tempost.finish(
                ARRAY[o.id], 'suppressed',
                suppressed || CASE WHEN EXISTS (
                    SELECT FROM tempost.attempt a WHERE a.outbox_id = o.id AND a.phase = 'ambiguous')
                    THEN '; it may have been sent' ELSE '' END,
                p_run_id => p_run_id);
            RETURN 'suppressed';
        END IF;
    END IF;
    -- not asked for every attempt: only the one that the gate has just closed can be the third
    IF p_gave_up IS NOT NULL AND tempost.crashes(o.id, p_run_id) THEN
        PERFORM tempost.finish(
            ARRAY[o.id], 'failed', NULL, p_run_id => p_run_id, p_error_type => 'CrashedWorker',
            p_error => 'three attempts in a row ended with their process; correct what makes the payload so heavy to send, '
                       'then retry it');
        RETURN 'failed';
    END IF;
    RETURN NULL;
END
$$;


-- What holds a row back at the gate for now; a null verdict when nothing does. Who waits long is asked seldom, at times spread
-- over a part of what has passed, so that thousands neither ask all the time nor come all at once when it is over.
CREATE FUNCTION tempost.held_at_gate(o tempost.outbox, p_provider text) RETURNS tempost.admission
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held  tempost.admission;
    down  tempost.provider;
    pause tempost.pause := tempost.pause_of(o.tenant, o.event_type, o.shard_key);
    since timestamptz;
BEGIN
    SELECT * INTO down FROM tempost.provider p WHERE p.name = p_provider AND p.down_since IS NOT NULL;
    IF o.deliver_after > clock_timestamp() THEN
        held.verdict := 'snoozed';
        -- no longer than ten minutes: whoever put it off may change his mind
        held.wait_ms := 1000 * least(600, extract(epoch FROM o.deliver_after - clock_timestamp()));
        since := clock_timestamp();
    ELSIF down.name IS NOT NULL THEN
        held.verdict := 'provider_down';
        held.last_error := down.error;
        held.last_error_type := down.error_type;
        -- no longer than a minute: whoever holds it may change his mind
        held.wait_ms := 1000 + 1000 * least(60, greatest(0, extract(epoch FROM down.probe_at - clock_timestamp())));
        since := down.down_since;
    ELSIF pause.id IS NOT NULL THEN
        held.verdict := 'paused';
        held.reason := 'paused by ' || pause.paused_by || ': ' || pause.reason;
        held.wait_ms := 15000;
        since := pause.paused_at;
    ELSIF o.shard_key IS NOT NULL AND NOT tempost.has_turn(o) THEN
        held.verdict := 'not_its_turn';
        held.wait_ms := 1000;
        since := clock_timestamp();
    END IF;
    held.wait_ms := held.wait_ms + 1000 * random() * least(120, 4 + extract(epoch FROM clock_timestamp() - since) / 16);
    -- no longer than it is worth anything
    held.wait_ms := least(held.wait_ms, 1000 * extract(epoch FROM o.expires_at - clock_timestamp()) + 1);
    RETURN held;
END
$$;


-- Writes down that a row waits at the gate. Only when it says something new: a row that has waited for long would otherwise
-- be written, and its indexes with it, each time it asks.
CREATE FUNCTION tempost.wait_at_gate(o tempost.outbox, p_wait_ms bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE tempost.outbox r
    SET status = 'dispatched', dispatched_at = coalesce(r.dispatched_at, clock_timestamp()), finished_at = NULL,
        waits_for = NULL, lease_until = NULL, next_attempt_at = clock_timestamp() + p_wait_ms * interval '1 millisecond'
    WHERE r.id = o.id
      AND (r.status <> 'dispatched' OR r.lease_until IS NOT NULL
           OR coalesce(r.next_attempt_at < clock_timestamp() + p_wait_ms * interval '1 millisecond' - interval '5 minutes',
                       true));
END
$$;


-- Opens an attempt and hands out the row's content. The caller holds the row's lock, and nothing speaks against it. reached counts
-- the attempts since somebody last wanted the row sent again: by a retry, or by a reset, which counts its own.
CREATE FUNCTION tempost.admit(
    o tempost.outbox, p_run_id text, p_reset boolean, p_provider text, p_message_id text, p_deadline interval, p_gave_up text
) RETURNS tempost.admission
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    admitted tempost.admission;
BEGIN
    SELECT coalesce(max(a.attempt), 0) + 1,
           count(*) FILTER (WHERE a.reached AND CASE WHEN p_reset THEN a.run_id = p_run_id
                                                     ELSE a.started_at >= coalesce(o.retried_at, '-infinity') END)
    INTO admitted.attempt, admitted.reached
    FROM tempost.attempt a WHERE a.outbox_id = o.id;

    INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, message_id, deadline)
    VALUES (o.id, admitted.attempt, p_run_id, p_provider, p_message_id, clock_timestamp() + p_deadline);
    IF o.status <> 'dispatched' THEN
        UPDATE tempost.outbox r
        SET status = 'dispatched', dispatched_at = clock_timestamp(), finished_at = NULL, waits_for = NULL,
            next_attempt_at = NULL
        WHERE r.id = o.id;
    END IF;

    admitted.verdict := 'send';
    admitted.recipient := o.recipient;
    admitted.payload := o.payload::text;
    admitted.headers := o.headers::text;
    admitted.gave_up := p_gave_up;
    RETURN admitted;
END
$$;


-- The gate. It admits at most one sender per row, and tells everybody else why not.
--   p_reset      whether the run is a reset of an earlier one, which may take a failed or pending row
--   p_deadline   how long the attempt may take
--   p_park       whether an attempt that may have been accepted forbids another
--   p_suppressing   for which reasons the recipient may be suppressed; null where nobody is, as it is no mail
CREATE FUNCTION tempost.open_attempt(
    p_id bigint, p_key uuid, p_run_id text, p_reset boolean, p_provider text, p_message_id text, p_deadline interval,
    p_park boolean, p_suppressing text[] DEFAULT NULL
) RETURNS tempost.admission
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o       tempost.outbox;
    held    tempost.admission;
    wait    interval;
    gave_up text;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id AND key = p_key FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        held.verdict := CASE WHEN EXISTS (SELECT FROM tempost.outbox WHERE id = p_id AND key = p_key)
                             THEN 'locked' ELSE 'missing' END;
        held.wait_ms := 1000 + 1000 * random();
        RETURN held;
    END IF;

    wait := tempost.under_way(p_id);
    IF NOT (o.status = 'dispatched' OR (p_reset AND o.status IN ('pending', 'failed'))) THEN
        held.verdict := CASE o.status WHEN 'pending' THEN 'not_dispatched' ELSE o.status END;
    ELSIF wait IS NOT NULL THEN
        held.verdict := 'in_progress';
        held.wait_ms := ceil(1000 * extract(epoch FROM wait));
    ELSE
        -- its sender closed the connection before the deadline: what is unknown now stays unknown
        gave_up := tempost.close_attempt(p_id);
        held.verdict := tempost.end_at_gate(o, p_run_id, p_park, gave_up, p_suppressing);
        IF held.verdict IS NULL THEN
            held := tempost.held_at_gate(o, p_provider);
            IF held.verdict IS NULL THEN
                RETURN tempost.admit(o, p_run_id, p_reset, p_provider, p_message_id, p_deadline, gave_up);
            END IF;
            IF NOT (held.verdict = 'not_its_turn' AND o.status = 'failed') THEN
                PERFORM tempost.wait_at_gate(o, held.wait_ms);
            END IF;
        END IF;
    END IF;

    held.gave_up := gave_up;
    SELECT coalesce(held.reason, r.reason), coalesce(held.last_error, r.last_error),
           coalesce(held.last_error_type, r.last_error_type)
    INTO held.reason, held.last_error, held.last_error_type FROM tempost.outbox r WHERE r.id = p_id;
    RETURN held;
END
$$;


-- Outcomes ---------------------------------------------------------------------------------------------------------

-- Records an acceptance and delivers the row. Returns the milliseconds from the row's creation, or its deliver_after, to
-- its acceptance; null when the row was delivered before, or there is none with this id and key.
CREATE FUNCTION tempost.accept_attempt(
    p_id bigint, p_key uuid, p_attempt int, p_workflow_id text, p_run_id text, p_provider text, p_reply text,
    p_provider_message_id text
) RETURNS double precision
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o       tempost.outbox;
    counted boolean;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id AND key = p_key FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;

    -- the gate counted it already when it passed its deadline with the reply unread
    SELECT a.reached INTO counted FROM tempost.attempt a WHERE a.outbox_id = p_id AND a.attempt = p_attempt;
    UPDATE tempost.attempt a
    SET phase = 'accepted', reached = true, reported = true, reply = p_reply, finished_at = clock_timestamp()
    WHERE a.outbox_id = p_id AND a.attempt = p_attempt AND a.phase <> 'accepted';
    IF o.status = 'delivered' THEN
        RETURN NULL;
    END IF;

    PERFORM tempost.finish(
        ARRAY[p_id], 'delivered', tempost.reason_of_acceptance(o, NULL), p_run_id => p_run_id,
        p_workflow_id => p_workflow_id, p_provider => p_provider, p_provider_message_ids => ARRAY[p_provider_message_id],
        p_reached => CASE WHEN counted THEN 0 ELSE 1 END);
    RETURN extract(epoch FROM clock_timestamp() - greatest(o.created_at, o.deliver_after)) * 1000;
END
$$;


-- Records an attempt that did not deliver. The row hears of it once: a result that comes after the gate has closed the
-- attempt, or comes again, only corrects the ledger. Returns when the next attempt is due: at p_retry_in, or when the row
-- expires if that is sooner, so that its end is not waited for; null when p_retry_in is.
CREATE FUNCTION tempost.refuse_attempt(
    p_id bigint, p_key uuid, p_attempt int, p_workflow_id text, p_run_id text, p_provider text, p_phase text,
    p_reached boolean, p_error_type text, p_reply text, p_retry_in interval
) RETURNS interval
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o         tempost.outbox;
    closed_at timestamptz;
    retry_in  interval;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id AND key = p_key FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN p_retry_in;
    END IF;
    IF p_retry_in IS NOT NULL THEN
        retry_in := greatest(interval '0', least(p_retry_in, o.expires_at - clock_timestamp()));
    END IF;

    SELECT a.finished_at INTO closed_at FROM tempost.attempt a WHERE a.outbox_id = p_id AND a.attempt = p_attempt;
    UPDATE tempost.attempt a
    SET phase = p_phase, reached = a.reached OR p_reached, reported = true, reply = p_reply,
        finished_at = coalesce(a.finished_at, clock_timestamp())
    WHERE a.outbox_id = p_id AND a.attempt = p_attempt AND a.phase <> 'accepted';
    IF closed_at IS NULL AND o.status = 'dispatched' THEN
        -- without a next attempt the row keeps its lease: its workflow is about to mark it
        UPDATE tempost.outbox r
        SET attempts = r.attempts + p_reached::int, last_error = p_reply, last_error_type = p_error_type,
            last_error_at = clock_timestamp(), next_attempt_at = clock_timestamp() + retry_in,
            lease_until = CASE WHEN retry_in IS NULL THEN r.lease_until END,
            provider = p_provider, workflow_id = p_workflow_id, run_id = p_run_id
        WHERE r.id = p_id;
    END IF;
    RETURN retry_in;
END
$$;


-- Ends a row as its workflow, or whoever looked for it, says; or gives it back to the claim (pending). What the ledger says was
-- accepted is delivered, whatever is asked for; what is to be cancelled is cancelled instead of failed or given back. What may
-- have been sent says so. The caller holds the row's lock, and no attempt is under way. Returns what the row is now.
CREATE FUNCTION tempost.end_untold(
    o tempost.outbox, p_status text, p_reason text, p_error text, p_error_type text, p_run_id text, p_workflow_id text
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unknown boolean := tempost.close_attempt(o.id) IS NOT DISTINCT FROM 'ambiguous';
    outcome text := CASE WHEN p_status IN ('pending', 'failed') AND o.cancel_requested_at IS NOT NULL
                         THEN 'cancelled' ELSE p_status END;
    reason  text := coalesce(o.reason, p_reason);
BEGIN
    IF tempost.finish_from_ledger(o) THEN
        RETURN 'delivered';
    END IF;
    IF outcome = 'pending' THEN
        UPDATE tempost.outbox r
        SET status = 'pending', waits_for = NULL, lease_until = NULL, next_attempt_at = NULL,
            run_id = coalesce(p_run_id, r.run_id)
        WHERE r.id = o.id;
        PERFORM pg_notify('tempost_wake', '');
        RETURN outcome;
    END IF;

    IF unknown THEN
        reason := concat_ws('; ', reason, 'it may have been sent');
    END IF;
    PERFORM tempost.finish(
        ARRAY[o.id], outcome, reason, p_run_id => p_run_id, p_workflow_id => p_workflow_id,
        p_error => CASE WHEN NOT unknown THEN p_error END,
        p_error_type => CASE WHEN NOT unknown THEN p_error_type END);
    RETURN outcome;
END
$$;


-- How a workflow marks its row when the row does not know yet. answer is what the row is now, or
--   send_again   a reset came this way before its own run sent anything: the operator wants it sent
--   in_progress  an attempt is under way for another wait_ms
--   missing      no row with this id and key
CREATE FUNCTION tempost.mark(
    p_id bigint, p_key uuid, p_run_id text, p_workflow_id text, p_reset boolean, p_status text, p_error text,
    p_error_type text, p_reason text, OUT answer text, OUT wait_ms bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o    tempost.outbox;
    wait interval;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id AND key = p_key FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        answer := 'missing';
        RETURN;
    END IF;
    IF o.status = 'delivered' AND p_status = 'cancelled' THEN
        UPDATE tempost.outbox r
        SET reason = coalesce(r.reason, concat_ws(': ', 'the cancel came too late', p_reason))
        WHERE r.id = p_id;
    END IF;
    IF p_status = 'failed' AND p_reset AND o.status IN ('pending', 'dispatched', 'failed')
            AND NOT EXISTS (SELECT FROM tempost.attempt a WHERE a.outbox_id = p_id AND a.run_id = p_run_id) THEN
        answer := 'send_again';
        RETURN;
    END IF;
    IF NOT (o.status = 'dispatched' OR o.status = 'pending' AND p_status = 'cancelled') THEN
        answer := o.status;
        RETURN;
    END IF;

    wait := tempost.under_way(p_id);
    IF wait IS NOT NULL THEN
        answer := 'in_progress';
        wait_ms := ceil(1000 * extract(epoch FROM wait));
        RETURN;
    END IF;
    answer := tempost.end_untold(o, p_status, p_reason, p_error, p_error_type, p_run_id, p_workflow_id);
END
$$;


-- Ends or gives back a dispatched row that no workflow will tell any more: its workflow closed without it, or is gone. Returns
-- what the row is now; null when nothing was written, because the row is not dispatched, was dispatched anew meanwhile, or an
-- attempt may still be under way.
--   p_dispatched_at  when it was dispatched, as the caller saw it before it asked what became of the workflow; null for the
--                    holder of the row's lease
CREATE FUNCTION tempost.settle(
    p_id bigint, p_key uuid, p_dispatched_at timestamptz, p_status text, p_run_id text, p_reason text, p_error_type text,
    p_error text
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o tempost.outbox;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id AND key = p_key AND status = 'dispatched' FOR NO KEY UPDATE;
    IF NOT FOUND OR tempost.under_way(p_id) IS NOT NULL OR (p_dispatched_at IS NOT NULL AND (
            coalesce(o.dispatched_at, o.created_at) <> p_dispatched_at OR o.lease_until > clock_timestamp())) THEN
        RETURN NULL;
    END IF;
    RETURN tempost.end_untold(o, p_status, p_reason, p_error, p_error_type, p_run_id, NULL);
END
$$;
