-- What happens to a row in flight: the gate before each attempt, its outcomes, and the end of rows nobody drives any more.

-- Closes the open attempt of a row whose sender is gone or given up, and returns the phase it ended in; null when none was
-- open. A sender that has not begun to transmit finds it closed and hangs up. What was being transmitted stays unknown, and
-- the row says so; a late acceptance still delivers.
CREATE FUNCTION tempost.close_attempt(p_id bigint, p_reply text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    ended text;
BEGIN
    UPDATE tempost.attempt a
    SET phase       = CASE a.phase WHEN 'transmitting' THEN 'ambiguous' ELSE 'transient' END,
        reached     = a.phase = 'transmitting',
        reply       = p_reply,
        finished_at = clock_timestamp()
    WHERE a.outbox_id = p_id AND a.finished_at IS NULL
    RETURNING a.phase INTO ended;

    IF ended = 'ambiguous' THEN
        UPDATE tempost.outbox r
        SET attempts = r.attempts + 1, last_error = 'no reply was recorded after the final dot',
            last_error_type = 'AmbiguousOutcome', last_error_at = clock_timestamp()
        WHERE r.id = p_id;
    END IF;
    RETURN ended;
END
$$;


-- Gives a row the acceptance its ledger knows of. False when the ledger knows of none.
CREATE FUNCTION tempost.repair_from_ledger(p_id bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tempost.outbox r
    SET status = 'delivered', finished_at = a.finished_at, lease_until = NULL, next_attempt_at = NULL,
        provider = a.provider, attempts = greatest(r.attempts, 1), reason = 'taken from the ledger'
    FROM tempost.attempt a
    WHERE r.id = p_id AND a.outbox_id = p_id AND a.phase = 'accepted';
    RETURN FOUND;
END
$$;


-- The gate. It admits at most one sender per row, and tells everybody else why not. gave_up is the phase it closed a dead attempt
-- with, null where there was none.
--   send            an attempt is open now; its number and the row's content follow
--   in_progress     another attempt is open; its deadline is wait_ms away
--   provider_down   nothing goes through this provider for now; its next probe is wait_ms away
--   paused          a switch holds it back; reason says why
--   not_its_turn    another row of its shard has the turn
--   not_dispatched  the row is pending and this is no reset: it will be claimed again
--   parked          an earlier attempt may have been accepted, and the event type says not to send again
--   missing         no row with this id and key
--   any status      the row's own outcome: nothing to send
CREATE FUNCTION tempost.open_attempt(
    p_id         bigint,
    p_key        uuid,
    p_run_id     text,
    p_reset      boolean,
    p_provider   text,
    p_message_id text,
    p_deadline   interval,
    p_park       boolean
) RETURNS TABLE (
    verdict text, wait_ms bigint, attempt int, reached bigint, tenant text, event_type text, recipient text,
    payload text, headers text, last_error text, last_error_type text, reason text, gave_up text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    o    tempost.outbox;
    held tempost.attempt;
    down tempost.provider;
    past record;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id AND key = p_key FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        verdict := 'missing';
        RETURN NEXT;
        RETURN;
    END IF;
    reason := o.reason;
    last_error := o.last_error;
    last_error_type := o.last_error_type;

    IF NOT (o.status = 'dispatched' OR (p_reset AND o.status IN ('pending', 'failed'))) THEN
        verdict := CASE o.status WHEN 'pending' THEN 'not_dispatched' ELSE o.status END;
        RETURN NEXT;
        RETURN;
    END IF;

    -- locked, lest it begins to transmit while it is judged by its old phase
    SELECT * INTO held FROM tempost.attempt a WHERE a.outbox_id = p_id AND a.finished_at IS NULL FOR NO KEY UPDATE;
    IF FOUND THEN
        IF held.deadline > clock_timestamp() THEN
            verdict := 'in_progress';
            wait_ms := ceil(extract(epoch FROM held.deadline - clock_timestamp()) * 1000);
            RETURN NEXT;
            RETURN;
        END IF;
        -- its sender closed the connection before the deadline: what is unknown now stays unknown
        gave_up := tempost.close_attempt(
            p_id, CASE held.phase WHEN 'transmitting' THEN 'no reply was recorded after the final dot'
                                  ELSE 'the attempt ended before anything was transmitted' END);
    END IF;

    -- an operator's retry forgives what was ambiguous before it
    SELECT coalesce(max(a.attempt), 0) + 1 AS next,
           count(*) FILTER (WHERE a.reached AND a.run_id = p_run_id) AS reached,
           coalesce(bool_or(a.phase = 'accepted'), false) AS accepted,
           coalesce(bool_or(a.phase = 'ambiguous' AND a.finished_at >= coalesce(o.retried_at, '-infinity')), false)
               AS ambiguous
    INTO past
    FROM tempost.attempt a WHERE a.outbox_id = p_id;

    -- the row came from a backup, or somebody put it back by hand
    IF past.accepted THEN
        PERFORM tempost.repair_from_ledger(p_id);
        verdict := 'delivered';
        RETURN NEXT;
        RETURN;
    END IF;

    IF p_park AND (past.ambiguous OR o.status = 'failed' AND o.last_error_type = 'AmbiguousOutcome') THEN
        verdict := 'parked';
        RETURN NEXT;
        RETURN;
    END IF;

    IF o.cancel_requested_at IS NOT NULL OR o.expires_at <= clock_timestamp() THEN
        verdict := CASE WHEN o.cancel_requested_at IS NOT NULL THEN 'cancelled' ELSE 'expired' END;
        reason := coalesce(o.reason, CASE verdict WHEN 'expired' THEN 'expires_at passed before it was accepted' END);
        UPDATE tempost.outbox r
        SET status = verdict, finished_at = clock_timestamp(), waits_for = NULL, lease_until = NULL,
            next_attempt_at = NULL, reason = open_attempt.reason, run_id = p_run_id
        WHERE r.id = p_id;
        RETURN NEXT;
        RETURN;
    END IF;

    IF o.object_key IS NOT NULL AND tempost.supersede(p_id) THEN
        verdict := 'superseded';
        RETURN NEXT;
        RETURN;
    END IF;

    SELECT * INTO down FROM tempost.provider p WHERE p.name = p_provider AND p.down_since IS NOT NULL;
    IF FOUND THEN
        verdict := 'provider_down';
        -- spread, lest all come at once when it is back
        wait_ms := (greatest(0, extract(epoch FROM down.probe_at - clock_timestamp())) + 1 + random() * 4) * 1000;
        last_error := down.error;
        last_error_type := down.error_type;
    ELSE
        SELECT 'paused', (15 + random() * 15) * 1000, concat_ws(': ', 'paused by ' || p.paused_by, p.reason)
        INTO verdict, wait_ms, reason
        FROM tempost.pause p
        WHERE p.resumed_at IS NULL AND coalesce(p.tenant, o.tenant) = o.tenant
          AND coalesce(p.event_type, o.event_type) = o.event_type
          AND (p.shard_key IS NULL OR p.shard_key = o.shard_key)
        ORDER BY p.id LIMIT 1;
        IF NOT FOUND AND o.shard_key IS NOT NULL AND NOT tempost.has_turn(o) THEN
            verdict := 'not_its_turn';
            wait_ms := (1 + random()) * 1000;
        END IF;
    END IF;
    IF verdict IS NOT NULL THEN
        IF NOT (verdict = 'not_its_turn' AND o.status = 'failed') THEN
            UPDATE tempost.outbox r
            SET status = 'dispatched', dispatched_at = coalesce(r.dispatched_at, clock_timestamp()), finished_at = NULL,
                waits_for = NULL, lease_until = NULL,
                next_attempt_at = clock_timestamp() + wait_ms * interval '1 millisecond'
            WHERE r.id = p_id;
        END IF;
        RETURN NEXT;
        RETURN;
    END IF;

    attempt := past.next;
    reached := past.reached;
    INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, message_id, deadline)
    VALUES (p_id, attempt, p_run_id, p_provider, p_message_id, clock_timestamp() + p_deadline);

    IF o.status <> 'dispatched' THEN
        UPDATE tempost.outbox r
        SET status = 'dispatched', dispatched_at = clock_timestamp(), finished_at = NULL, waits_for = NULL,
            next_attempt_at = NULL
        WHERE r.id = p_id;
    END IF;

    verdict := 'send';
    tenant := o.tenant;
    event_type := o.event_type;
    recipient := o.recipient;
    payload := o.payload::text;
    headers := o.headers::text;
    RETURN NEXT;
END
$$;


-- Records an acceptance and delivers the row. Returns the milliseconds from the row's creation, or its deliver_after, to
-- its acceptance; null when the row was delivered before, or there is none with this id and key.
CREATE FUNCTION tempost.accept_attempt(
    p_id                  bigint,
    p_key                 uuid,
    p_attempt             int,
    p_workflow_id         text,
    p_run_id              text,
    p_provider            text,
    p_reply               text,
    p_provider_message_id text
) RETURNS double precision
LANGUAGE plpgsql AS $$
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
    SET phase = 'accepted', reached = true, reply = p_reply, finished_at = clock_timestamp()
    WHERE a.outbox_id = p_id AND a.attempt = p_attempt AND a.phase <> 'accepted';
    IF o.status = 'delivered' THEN
        RETURN NULL;
    END IF;

    UPDATE tempost.outbox r
    SET status = 'delivered', attempts = r.attempts + CASE WHEN counted THEN 0 ELSE 1 END, lease_until = NULL,
        next_attempt_at = NULL, finished_at = clock_timestamp(), provider = p_provider,
        provider_message_id = p_provider_message_id, workflow_id = p_workflow_id, run_id = p_run_id,
        reason = CASE WHEN r.cancel_requested_at IS NOT NULL
                      THEN concat_ws(': ', 'the cancel came too late', r.reason) END
    WHERE r.id = p_id
    RETURNING * INTO o;
    RETURN extract(epoch FROM o.finished_at - greatest(o.created_at, o.deliver_after)) * 1000;
END
$$;


-- Records an attempt that did not deliver. The row hears of it once: a result that comes after the gate has closed the
-- attempt, or comes again, only corrects the ledger.
CREATE FUNCTION tempost.refuse_attempt(
    p_id          bigint,
    p_key         uuid,
    p_attempt     int,
    p_workflow_id text,
    p_run_id      text,
    p_provider    text,
    p_phase       text,
    p_reached     boolean,
    p_error_type  text,
    p_reply       text,
    p_retry_in    interval
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    o         tempost.outbox;
    closed_at timestamptz;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id AND key = p_key FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    SELECT a.finished_at INTO closed_at FROM tempost.attempt a WHERE a.outbox_id = p_id AND a.attempt = p_attempt;
    UPDATE tempost.attempt a
    SET phase = p_phase, reached = a.reached OR p_reached, reply = p_reply,
        finished_at = coalesce(a.finished_at, clock_timestamp())
    WHERE a.outbox_id = p_id AND a.attempt = p_attempt AND a.phase <> 'accepted';
    IF closed_at IS NOT NULL OR o.status <> 'dispatched' THEN
        RETURN;
    END IF;

    -- without a next attempt the row keeps its lease: its workflow is about to mark it
    UPDATE tempost.outbox r
    SET attempts = r.attempts + p_reached::int, last_error = p_reply, last_error_type = p_error_type,
        last_error_at = clock_timestamp(), next_attempt_at = clock_timestamp() + p_retry_in,
        lease_until = CASE WHEN p_retry_in IS NULL THEN r.lease_until END,
        provider = p_provider, workflow_id = p_workflow_id, run_id = p_run_id
    WHERE r.id = p_id;
END
$$;


-- How a workflow marks its row when the row does not know yet. Returns what the row is now, or
--   send_again  a reset came this way before its own run sent anything: the operator wants it sent
--   missing     no row with this id and key
CREATE FUNCTION tempost.conclude(
    p_id          bigint,
    p_key         uuid,
    p_run_id      text,
    p_workflow_id text,
    p_reset       boolean,
    p_status      text,
    p_error       text,
    p_error_type  text,
    p_reason      text
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    o       tempost.outbox;
    outcome text := p_status;
    unknown boolean;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id AND key = p_key FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'missing';
    END IF;

    IF o.status = 'delivered' AND p_status = 'cancelled' THEN
        UPDATE tempost.outbox r
        SET reason = coalesce(r.reason, concat_ws(': ', 'the cancel came too late', p_reason))
        WHERE r.id = p_id;
        RETURN 'delivered';
    END IF;

    IF p_status = 'failed' AND p_reset AND o.status IN ('pending', 'dispatched', 'failed')
            AND NOT EXISTS (SELECT FROM tempost.attempt a WHERE a.outbox_id = p_id AND a.run_id = p_run_id) THEN
        RETURN 'send_again';
    END IF;

    IF NOT (o.status = 'dispatched' OR (o.status = 'pending' AND p_status IN ('cancelled', 'expired'))) THEN
        RETURN o.status;
    END IF;

    IF p_status = 'failed' AND o.cancel_requested_at IS NOT NULL THEN
        outcome := 'cancelled';
    END IF;

    -- nobody will come back to an attempt that is still open: what is unknown is recorded as unknown, here or never
    unknown := tempost.close_attempt(p_id, 'still open when the row ended ' || outcome) IS NOT DISTINCT FROM 'ambiguous';

    IF tempost.repair_from_ledger(p_id) THEN
        RETURN 'delivered';
    END IF;

    UPDATE tempost.outbox r
    SET status          = outcome,
        finished_at     = clock_timestamp(),
        lease_until     = NULL,
        next_attempt_at = NULL,
        last_error      = CASE WHEN unknown THEN r.last_error ELSE coalesce(p_error, r.last_error) END,
        last_error_type = CASE WHEN unknown THEN r.last_error_type ELSE coalesce(p_error_type, r.last_error_type) END,
        last_error_at   = CASE WHEN unknown OR p_error IS NULL THEN r.last_error_at
                               ELSE coalesce(r.last_error_at, clock_timestamp()) END,
        reason          = CASE WHEN unknown THEN concat_ws('; ', coalesce(r.reason, p_reason), 'it may have been sent')
                               ELSE coalesce(r.reason, p_reason) END,
        workflow_id     = p_workflow_id,
        run_id          = p_run_id
    WHERE r.id = p_id;
    RETURN outcome;
END
$$;


-- Ends or gives back a dispatched row that no workflow will tell any more: its workflow closed without it, or is gone. What
-- the ledger says was accepted is delivered, whatever is asked for. Returns what the row is now; null when nothing was
-- written, because the row is not dispatched, was dispatched anew meanwhile, or an attempt may still be under way.
--   p_dispatched_at  when it was dispatched, as the caller saw it before it asked what became of the workflow; null for the
--                    holder of the row's lease
--   p_status         what the row shall be; pending gives it back to the poller and keeps dispatched_at
CREATE FUNCTION tempost.settle(
    p_id            bigint,
    p_key           uuid,
    p_dispatched_at timestamptz,
    p_status        text,
    p_run_id        text,
    p_reason        text,
    p_error_type    text,
    p_error         text
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    nothing_read CONSTANT text := 'no reply was recorded after the final dot';
    o        tempost.outbox;
    held     tempost.attempt;
    accepted tempost.attempt;
    outcome  text := p_status;
    unknown  boolean := false;
    error    text := p_error;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id AND key = p_key AND status = 'dispatched' FOR NO KEY UPDATE;
    IF NOT FOUND OR (p_dispatched_at IS NOT NULL AND (
            coalesce(o.dispatched_at, o.created_at) <> p_dispatched_at OR o.lease_until > clock_timestamp())) THEN
        RETURN NULL;
    END IF;

    SELECT * INTO held FROM tempost.attempt a WHERE a.outbox_id = p_id AND a.finished_at IS NULL FOR NO KEY UPDATE;
    IF FOUND THEN
        IF held.deadline > clock_timestamp() THEN
            RETURN NULL;
        END IF;
        unknown := held.phase = 'transmitting';
        PERFORM tempost.close_attempt(
            p_id, CASE held.phase WHEN 'transmitting' THEN nothing_read
                                  ELSE 'the attempt ended before anything was transmitted' END);
    END IF;

    SELECT * INTO accepted FROM tempost.attempt a
    WHERE a.outbox_id = p_id AND a.phase = 'accepted' ORDER BY a.attempt LIMIT 1;
    IF FOUND THEN
        outcome := 'delivered';
    ELSIF p_status = 'cancelled' OR (p_status IN ('pending', 'failed') AND o.cancel_requested_at IS NOT NULL) THEN
        -- somebody has to look at what may have been sent
        outcome := CASE WHEN unknown THEN 'failed' ELSE 'cancelled' END;
    END IF;

    IF unknown THEN
        error := concat_ws('; ', nothing_read, p_error);
    ELSIF outcome <> 'failed' THEN
        error := NULL;
    END IF;

    UPDATE tempost.outbox r
    SET status          = outcome,
        finished_at     = CASE WHEN outcome <> 'pending' THEN clock_timestamp() END,
        lease_until     = NULL,
        next_attempt_at = NULL,
        run_id          = coalesce(p_run_id, r.run_id),
        provider        = coalesce(accepted.provider, r.provider),
        reason          = CASE
            WHEN outcome = 'pending' THEN r.reason
            WHEN outcome = 'delivered' AND r.cancel_requested_at IS NOT NULL
                THEN concat_ws(': ', 'the cancel came too late', r.reason)
            WHEN accepted.attempt IS NOT NULL THEN coalesce(r.reason, 'the ledger has its acceptance')
            WHEN unknown AND outcome <> 'delivered'
                THEN concat_ws('; ', coalesce(r.reason, p_reason), 'it may have been sent')
            ELSE coalesce(r.reason, p_reason) END,
        last_error      = coalesce(error, r.last_error),
        last_error_type = CASE WHEN unknown THEN 'AmbiguousOutcome'
                               WHEN error IS NOT NULL THEN p_error_type
                               ELSE r.last_error_type END,
        last_error_at   = CASE WHEN error IS NULL THEN r.last_error_at ELSE clock_timestamp() END
    WHERE r.id = p_id;
    IF outcome = 'pending' THEN
        PERFORM pg_notify('tempost_wake', '');
    END IF;
    RETURN outcome;
END
$$;
