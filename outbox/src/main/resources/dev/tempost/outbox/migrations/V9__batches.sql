-- Rows that one workflow carries together: the same gate, ledger and outcomes, for many rows in one statement. A batch sends what
-- nothing speaks against, and each row once. Whatever else a row needs (another attempt, an answer from an earlier one) it gets
-- from a workflow of its own, which the next claim starts: run_id tells it that a workflow has had the row.
--
-- No sequential scans: a plan that was made while a table was small is used until somebody analyzes it, and many rows come at once.

-- Gives rows of a batch back to the claim. The caller holds their locks.
--   p_run_id   the run that had them, so that they go on alone; null when another batch may take them
--   p_until    when a claim may look at them; null for at once
CREATE FUNCTION tempost.give_back(p_ids bigint[], p_run_id text, p_until timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    UPDATE tempost.outbox o
    SET status = 'pending', waits_for = CASE WHEN p_until IS NOT NULL THEN 'time' END, lease_until = NULL, next_attempt_at = p_until,
        run_id = coalesce(p_run_id, o.run_id)
    WHERE o.id = ANY (p_ids);
END
$$;


-- Locks those rows that a batch still carries, in the order of their ids. Rows that somebody holds are passed over. They are looked up
-- by their ids alone: the planner would rather read all that is dispatched from a smaller index, for each group anew.
CREATE FUNCTION tempost.lock_carried(p_ids bigint[], p_workflow_id text) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    RETURN ARRAY(
        WITH locked AS (
            SELECT o.id, o.status, o.workflow_id FROM tempost.outbox o
            WHERE o.id = ANY (p_ids) ORDER BY o.id FOR NO KEY UPDATE SKIP LOCKED)
        SELECT l.id FROM locked l WHERE l.status = 'dispatched' AND l.workflow_id = p_workflow_id);
END
$$;


-- Ends those rows of a batch whose time is over or whose recipient is suppressed, and gives back those that it may not send. Returns
-- the rest. The caller holds their locks.
CREATE FUNCTION tempost.sift_carried(p_ids bigint[], p_run_id text, p_provider text, p_suppressing text[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    o     tempost.outbox;
    rest  bigint[] := p_ids;
    late  bigint[];
    tried bigint;
    why   text;
BEGIN
    -- whose earlier attempt has to be judged before anything else: where one is under way, once its deadline has passed
    FOREACH tried IN ARRAY ARRAY(SELECT a.outbox_id FROM tempost.attempt a WHERE a.outbox_id = ANY (rest)) LOOP
        PERFORM tempost.give_back(ARRAY[tried], p_run_id, clock_timestamp() + coalesce(tempost.under_way(tried), '0'));
        rest := array_remove(rest, tried);
    END LOOP;

    FOR o IN SELECT * FROM tempost.outbox c
             WHERE c.id = ANY (rest) AND (c.cancel_requested_at IS NOT NULL OR c.deliver_after > clock_timestamp()) LOOP
        IF o.cancel_requested_at IS NOT NULL THEN
            PERFORM tempost.finish(ARRAY[o.id], 'cancelled', o.reason, p_run_id => p_run_id);
        ELSE
            PERFORM tempost.give_back(ARRAY[o.id], NULL, o.deliver_after);
        END IF;
        rest := array_remove(rest, o.id);
    END LOOP;

    late := ARRAY(SELECT c.id FROM tempost.outbox c WHERE c.id = ANY (rest) AND c.expires_at <= clock_timestamp());
    IF cardinality(late) > 0 THEN
        PERFORM tempost.finish_expired(late);
        rest := ARRAY(SELECT unnest(rest) EXCEPT SELECT unnest(late));
    END IF;

    IF p_suppressing IS NOT NULL THEN
        FOR why, late IN
            SELECT s.reason, array_agg(s.id)
            FROM (SELECT c.id, tempost.suppressed_by(c.tenant, c.recipient, p_suppressing) AS reason
                  FROM tempost.outbox c WHERE c.id = ANY (rest) OFFSET 0) s
            WHERE s.reason IS NOT NULL GROUP BY s.reason
        LOOP
            PERFORM tempost.finish(late, 'suppressed', why, p_run_id => p_run_id);
            rest := ARRAY(SELECT unnest(rest) EXCEPT SELECT unnest(late));
        END LOOP;
    END IF;

    -- all are of one lane: what holds back one holds back every one, and soon the claim knows as well
    SELECT * INTO o FROM tempost.outbox c WHERE c.id = rest[1];
    IF FOUND AND (tempost.held_at_gate(o, p_provider)).verdict IS NOT NULL THEN
        PERFORM tempost.give_back(rest, NULL, clock_timestamp() + (1 + random()) * interval '1 second');
        rest := '{}';
    END IF;
    RETURN rest;
END
$$;


-- The gate for rows of a batch: opens an attempt for each row that the batch still carries and nothing speaks against. Its answer for
-- the others is what they are now.
--   p_message_ids   what the provider will know each by
--   p_suppressing   as for tempost.open_attempt
CREATE FUNCTION tempost.open_attempts(
    p_ids bigint[], p_message_ids text[], p_workflow_id text, p_run_id text, p_provider text, p_deadline interval,
    p_suppressing text[] DEFAULT NULL
) RETURNS TABLE (id bigint, answer tempost.admission)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    open bigint[] := tempost.sift_carried(tempost.lock_carried(p_ids, p_workflow_id), p_run_id, p_provider, p_suppressing);
BEGIN
    INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, message_id, deadline)
    SELECT r.id, 1, p_run_id, p_provider, r.message_id, clock_timestamp() + p_deadline
    FROM unnest(p_ids, p_message_ids) r (id, message_id) WHERE r.id = ANY (open);
    RETURN QUERY
    SELECT o.id, CASE WHEN o.id = ANY (open)
        THEN ROW ('send', NULL, 1, 0, o.recipient, o.payload::text, o.headers::text, NULL, NULL, NULL, NULL)::tempost.admission
        ELSE ROW (CASE o.status WHEN 'dispatched' THEN 'locked' WHEN 'pending' THEN 'not_dispatched' ELSE o.status END,
                  1000, NULL, NULL, NULL, NULL, NULL, o.last_error, o.last_error_type, o.reason, NULL)::tempost.admission END
    FROM tempost.outbox o WHERE o.id = ANY (p_ids);
END
$$;


-- Prolongs attempts of a batch that have not transmitted yet, until p_longest after each was opened.
CREATE FUNCTION tempost.prolong_attempts(p_ids bigint[], p_run_id text, p_patience interval, p_longest interval) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    UPDATE tempost.attempt a
    SET deadline = least(clock_timestamp() + p_patience, a.started_at + p_longest)
    WHERE (a.outbox_id, a.attempt) IN (
        SELECT c.outbox_id, c.attempt FROM tempost.attempt c
        WHERE c.outbox_id = ANY (p_ids) AND c.run_id = p_run_id AND c.phase = 'connecting' AND c.finished_at IS NULL
        ORDER BY c.outbox_id FOR NO KEY UPDATE SKIP LOCKED);
END
$$;


-- Moves attempts of a batch past their point of no return, and returns the rows of those that may. As for one attempt: there must be
-- enough time left to read the reply.
CREATE FUNCTION tempost.transmit_attempts(p_ids bigint[], p_run_id text, p_deadline interval, p_reserve interval)
RETURNS SETOF bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
    UPDATE tempost.attempt a SET phase = 'transmitting', deadline = a.started_at + p_deadline
    WHERE (a.outbox_id, a.attempt) IN (
        SELECT c.outbox_id, c.attempt FROM tempost.attempt c
        WHERE c.outbox_id = ANY (p_ids) AND c.run_id = p_run_id AND c.phase = 'connecting' AND c.finished_at IS NULL
          AND c.started_at + p_deadline > clock_timestamp() + p_reserve
        ORDER BY c.outbox_id FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING a.outbox_id;
END
$$;


-- Records acceptances and delivers their rows. Returns those it recorded, with the milliseconds that each took, as
-- tempost.accept_attempt does. The others are told one by one: somebody holds them, wanted them cancelled, or the gate has judged
-- them meanwhile.
CREATE FUNCTION tempost.accept_attempts(
    p_ids bigint[], p_workflow_id text, p_run_id text, p_provider text, p_replies text[], p_provider_message_ids text[]
) RETURNS TABLE (id bigint, lag_ms double precision)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    locked   CONSTANT bigint[] := tempost.lock_carried(p_ids, p_workflow_id);
    carried  CONSTANT bigint[] := ARRAY(
        SELECT o.id FROM tempost.outbox o WHERE o.id = ANY (locked) AND o.cancel_requested_at IS NULL);
    accepted bigint[];
BEGIN
    WITH told AS (
        UPDATE tempost.attempt a
        SET phase = 'accepted', reached = true, reported = true, reply = p_replies[array_position(p_ids, a.outbox_id)],
            finished_at = clock_timestamp()
        WHERE a.outbox_id = ANY (carried) AND a.run_id = p_run_id AND a.phase = 'transmitting' AND a.finished_at IS NULL
        RETURNING a.outbox_id)
    SELECT coalesce(array_agg(t.outbox_id), '{}') INTO accepted FROM told t;

    PERFORM tempost.finish(
        accepted, 'delivered', NULL, p_run_id => p_run_id, p_workflow_id => p_workflow_id, p_provider => p_provider,
        p_reached => 1, p_provider_message_ids => ARRAY(
            SELECT p_provider_message_ids[array_position(p_ids, c.id)] FROM unnest(accepted) WITH ORDINALITY c (id, place)
            ORDER BY c.place));
    RETURN QUERY
    SELECT o.id, (extract(epoch FROM o.finished_at - greatest(o.created_at, o.deliver_after)) * 1000)::double precision
    FROM tempost.outbox o WHERE o.id = ANY (accepted);
END
$$;


-- Records an attempt of a batch that did not deliver. The row goes back to the claim for its next attempt, in a workflow of its own,
-- or, without one, fails.
CREATE FUNCTION tempost.refuse_carried(
    p_id bigint, p_key uuid, p_workflow_id text, p_run_id text, p_provider text, p_phase text, p_reached boolean,
    p_error_type text, p_reply text, p_retry_in interval
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    retry_in interval := tempost.refuse_attempt(
        p_id, p_key, 1, p_workflow_id, p_run_id, p_provider, p_phase, p_reached, p_error_type, p_reply, p_retry_in);
    o        tempost.outbox;
BEGIN
    SELECT * INTO o FROM tempost.outbox c
    WHERE c.id = p_id AND c.key = p_key AND c.status = 'dispatched' AND c.workflow_id = p_workflow_id;
    IF NOT FOUND THEN
        -- the gate has judged it meanwhile: it is another's
        RETURN;
    END IF;
    IF o.cancel_requested_at IS NOT NULL THEN
        PERFORM tempost.finish(ARRAY[p_id], 'cancelled', o.reason);
    ELSIF retry_in IS NULL THEN
        PERFORM tempost.finish(ARRAY[p_id], 'failed', NULL);
    ELSE
        PERFORM tempost.give_back(ARRAY[p_id], p_run_id, clock_timestamp() + retry_in);
    END IF;
END
$$;


-- Prolongs the leases of rows that a batch has not begun to send, or sends just now.
CREATE FUNCTION tempost.renew_carried(p_ids bigint[], p_workflow_id text, p_lease interval) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    carried bigint[] := tempost.lock_carried(p_ids, p_workflow_id);
BEGIN
    UPDATE tempost.outbox o SET lease_until = clock_timestamp() + p_lease WHERE o.id = ANY (carried);
END
$$;


-- Gives back what a batch has not begun to send, at once: it stops before its end. Returns how many rows.
CREATE FUNCTION tempost.leave_carried(p_ids bigint[], p_workflow_id text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    unsent bigint[] := ARRAY(
        SELECT c.id FROM unnest(tempost.lock_carried(p_ids, p_workflow_id)) c (id)
        WHERE NOT EXISTS (SELECT FROM tempost.attempt a WHERE a.outbox_id = c.id));
BEGIN
    PERFORM tempost.give_back(unsent, NULL, NULL);
    IF cardinality(unsent) > 0 THEN
        PERFORM pg_notify('tempost_wake', '');
    END IF;
    RETURN cardinality(unsent);
END
$$;
