-- What operators do. Each of these functions guards the row it changes, and records who asked, in the caller's transaction.

CREATE TABLE tempost.audit (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor     text        NOT NULL,
    role      name        NOT NULL DEFAULT session_user,
    action    text        NOT NULL,
    outbox_id bigint,
    tenant    text,
    detail    text,
    before    jsonb,
    after     jsonb
);

COMMENT ON TABLE tempost.audit IS
    'What operators did, and whose content they looked at.';
COMMENT ON COLUMN tempost.audit.actor IS 'Who did it, as the caller says; the role when it says nothing.';
COMMENT ON COLUMN tempost.audit.role IS 'The login it was done with, as PostgreSQL knows it.';
COMMENT ON COLUMN tempost.audit.outbox_id IS 'The row; null when it was not about one.';
COMMENT ON COLUMN tempost.audit.before IS
    'What a correction changed, as it was: personal data, which leaves with the row''s own. Null for everything else.';
COMMENT ON COLUMN tempost.audit.after IS 'The same as it is since.';

CREATE INDEX audit_row ON tempost.audit (outbox_id) WHERE outbox_id IS NOT NULL;


CREATE FUNCTION tempost.write_audit(
    p_actor text, p_action text, p_id bigint, p_tenant text, p_detail text, p_before jsonb DEFAULT NULL, p_after jsonb DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO tempost.audit (actor, action, outbox_id, tenant, detail, before, after)
    VALUES (coalesce(p_actor, session_user), p_action, p_id, p_tenant, p_detail, p_before, p_after);
END
$$;


CREATE FUNCTION tempost.cancel(id bigint, reason text, actor text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    r tempost.outbox;
BEGIN
    SELECT * INTO r FROM tempost.outbox o
    WHERE o.id = cancel.id AND o.status IN ('pending', 'dispatched') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tempost.cancel_rows(ARRAY[r.id], cancel.reason);
    PERFORM tempost.write_audit(cancel.actor, 'cancel', r.id, r.tenant, cancel.reason);
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.cancel IS
    'Cancels one row: at once when pending, before its next attempt when dispatched. False when it is neither.';


CREATE FUNCTION tempost.retry(id bigint, actor text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    r tempost.outbox;
BEGIN
    SELECT * INTO r FROM tempost.outbox o WHERE o.id = retry.id AND o.status = 'failed' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF r.scrubbed_at IS NOT NULL THEN
        RAISE EXCEPTION 'retry: row % cannot be sent again, its content was removed on %', r.id, r.scrubbed_at::date
            USING HINT = 'Dismiss it, and let the application enqueue the message anew.',
                ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE tempost.outbox o
    SET status = 'pending', waits_for = NULL, next_attempt_at = NULL, finished_at = NULL, lease_until = NULL, reason = NULL,
        cancel_requested_at = NULL, retried_at = clock_timestamp()
    WHERE o.id = r.id;
    PERFORM tempost.write_audit(retry.actor, 'retry', r.id, r.tenant, r.last_error_type);
    PERFORM pg_notify('tempost_wake', '');
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.retry IS 'Delivers a failed row again. False when the row is not failed: nothing changes.';


CREATE FUNCTION tempost.dismiss(id bigint, reason text, actor text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    r tempost.outbox;
BEGIN
    SELECT * INTO r FROM tempost.outbox o WHERE o.id = dismiss.id AND o.status = 'failed' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tempost.finish(ARRAY[r.id], 'dismissed', dismiss.reason);
    PERFORM tempost.write_audit(dismiss.actor, 'dismiss', r.id, r.tenant, dismiss.reason);
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.dismiss IS 'Closes a failed row for good, with a reason. False when the row is not failed.';


-- Changes the given fields of a row that is not finished, from its next attempt on; null keeps what is there. It takes infinity for
-- a row that is to expire never, and -infinity for one that is to go at once.
--   version   the row's xmin, as it was read: another one changes nothing
CREATE FUNCTION tempost.correct(
    id            bigint,
    payload       jsonb       DEFAULT NULL,
    recipient     text        DEFAULT NULL,
    deliver_after timestamptz DEFAULT NULL,
    expires_at    timestamptz DEFAULT NULL,
    actor         text        DEFAULT NULL,
    version       text        DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    r       tempost.outbox;
    changed tempost.outbox;
BEGIN
    SELECT * INTO r FROM tempost.outbox o
    WHERE o.id = correct.id AND o.status IN ('pending', 'dispatched', 'failed') AND o.scrubbed_at IS NULL
      AND (correct.version IS NULL OR o.xmin::text = correct.version)
    FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM tempost.attempt a WHERE a.outbox_id = r.id AND a.finished_at IS NULL) THEN
        RETURN false;
    END IF;
    IF correct.deliver_after IS NOT NULL AND r.status = 'failed' THEN
        RAISE EXCEPTION 'correct: deliver_after of row % cannot be changed, it is %', r.id, r.status
            USING HINT = 'Retry the row first: it is planned while it waits.', ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF correct.deliver_after >= coalesce(correct.expires_at, r.expires_at) THEN
        RAISE EXCEPTION 'correct: row % would expire before deliver_after, at %', r.id, coalesce(correct.expires_at, r.expires_at)
            USING HINT = 'Put it off by less, or give it a later expires_at.', ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF correct.expires_at IS NOT NULL AND r.status = 'dispatched' THEN
        RAISE EXCEPTION 'correct: expires_at of row % cannot be changed, it is dispatched and its workflow has it', r.id
            USING HINT = 'Cancel the row where it must not go out any more.', ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    UPDATE tempost.outbox o
    SET payload = coalesce(correct.payload, o.payload), recipient = coalesce(correct.recipient, o.recipient),
        deliver_after = coalesce(correct.deliver_after, o.deliver_after),
        expires_at = coalesce(correct.expires_at, o.expires_at)
    WHERE o.id = r.id RETURNING * INTO changed;
    PERFORM tempost.write_audit(
        correct.actor, 'correct', r.id, r.tenant,
        (SELECT string_agg(b.key, ', ' ORDER BY b.key) FROM tempost.changed_fields(r, changed) b),
        (SELECT jsonb_object_agg(b.key, b.before) FROM tempost.changed_fields(r, changed) b),
        (SELECT jsonb_object_agg(b.key, b.after) FROM tempost.changed_fields(r, changed) b));
    PERFORM pg_notify('tempost_wake', '');
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.correct IS
    'Changes what a row says that is not finished, from its next attempt on; null keeps what is there. False when it is finished, '
    'is being sent just now, or is of another version than was asked for. A failed row stays failed: retry it.';


-- Ends the wait for a time: that of a claim, or that of a row that was put off. Whoever calls it tells the workflow of a dispatched
-- row, whose next attempt has a time of its own.
CREATE FUNCTION tempost.send_now(id bigint, actor text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    r tempost.outbox;
BEGIN
    SELECT * INTO r FROM tempost.outbox o
    WHERE o.id = send_now.id AND o.status IN ('pending', 'dispatched') FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM tempost.attempt a WHERE a.outbox_id = r.id AND a.finished_at IS NULL) THEN
        RETURN false;
    END IF;
    UPDATE tempost.outbox o
    SET deliver_after = least(o.deliver_after, clock_timestamp()), waits_for = nullif(o.waits_for, 'time'),
        next_attempt_at = CASE WHEN o.status = 'dispatched' THEN o.next_attempt_at END
    WHERE o.id = r.id AND (o.deliver_after > clock_timestamp() OR o.waits_for = 'time');
    PERFORM tempost.write_audit(send_now.actor, 'send_now', r.id, r.tenant, NULL);
    PERFORM pg_notify('tempost_wake', '');
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.send_now IS
    'Ends a row''s wait for a time. False when it is finished, or is being sent just now. A dispatched row goes out once its workflow '
    'is told, or at its next attempt.';


-- The fields that a correction changed.
CREATE FUNCTION tempost.changed_fields(p_before tempost.outbox, p_after tempost.outbox)
RETURNS TABLE (key text, before jsonb, after jsonb)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT b.key, b.value, a.value
    FROM jsonb_each(to_jsonb(p_before)) b JOIN jsonb_each(to_jsonb(p_after)) a USING (key)
    WHERE b.key IN ('payload', 'recipient', 'deliver_after', 'expires_at') AND b.value IS DISTINCT FROM a.value;
END
$$;


-- Inserts a row that says what a finished one said, once for each request.
--   request   names what is asked for: the same one again returns the row that it made; null for a new row each time
CREATE FUNCTION tempost.resend(id bigint, reason text, actor text DEFAULT NULL, request text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    r    tempost.outbox;
    made bigint;
BEGIN
    SELECT * INTO r FROM tempost.outbox o WHERE o.id = resend.id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF r.status IN ('pending', 'dispatched', 'failed') THEN
        RAISE EXCEPTION 'resend: row % cannot be sent a second time, it is %', r.id, r.status
            USING HINT = CASE r.status WHEN 'failed' THEN 'Retry it: it was not accepted.' ELSE 'It is still to be sent.' END,
                ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF r.scrubbed_at IS NOT NULL THEN
        RAISE EXCEPTION 'resend: row % cannot be sent again, its content was removed on %', r.id, r.scrubbed_at::date
            USING HINT = 'Let the application enqueue the message anew.', ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    made := tempost.enqueue(
        r.event_type, r.recipient, r.payload, r.tenant, r.shard_key, job_id => r.job_id, priority => r.priority,
        headers => r.headers, dedup_key => 'resend:' || r.id || ':' || coalesce(resend.request, gen_random_uuid()::text));
    UPDATE tempost.outbox o SET resend_of = r.id, reason = 'sent again: ' || resend.reason
    WHERE o.id = made AND o.resend_of IS NULL;
    IF FOUND THEN
        PERFORM tempost.write_audit(resend.actor, 'resend', r.id, r.tenant, 'as row ' || made || ': ' || resend.reason);
    END IF;
    RETURN made;
END
$$;

COMMENT ON FUNCTION tempost.resend IS
    'Sends a finished row''s message again, accepted or not, as a new row that names the old one; returns the new row. Null when '
    'there is no such row. The only way to send twice what was accepted.';


-- Says in the audit that somebody saw what a row says and to whom.
CREATE FUNCTION tempost.saw(id bigint, actor text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM tempost.write_audit(saw.actor, 'view', o.id, o.tenant, NULL) FROM tempost.outbox o WHERE o.id = saw.id;
    RETURN FOUND;
END
$$;


CREATE FUNCTION tempost.hurry(provider text, actor text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE tempost.provider p SET probe_at = clock_timestamp()
    WHERE p.name = hurry.provider AND p.down_since IS NOT NULL;
    IF FOUND THEN
        PERFORM tempost.write_audit(hurry.actor, 'hurry', NULL, NULL, hurry.provider);
    END IF;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION tempost.hurry IS
    'Has a provider that is down probed at once, or ends its hold. False when it is not down.';


CREATE FUNCTION tempost.hold(provider text, until timestamptz, reason text, actor text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT isfinite(hold.until) OR hold.until <= clock_timestamp() THEN
        RAISE EXCEPTION 'hold: provider % cannot be held until %', hold.provider, hold.until
            USING HINT = 'Name a time to come. To hold rows back without an end, pause their event types.',
                ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO tempost.provider AS p (name, down_since, probe_at, hold, error_type, error)
    VALUES (hold.provider, clock_timestamp(), hold.until, true, 'Paused',
            'held by ' || coalesce(hold.actor, session_user) || ': ' || hold.reason)
    ON CONFLICT (name) DO UPDATE
    SET down_since = coalesce(p.down_since, excluded.down_since), probe_at = excluded.probe_at, probes = 0, hold = true,
        error_type = excluded.error_type, error = excluded.error;
    PERFORM tempost.write_audit(
        hold.actor, 'hold', NULL, NULL, hold.provider || ' until ' || hold.until || ': ' || hold.reason);
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.hold IS
    'Sends nothing through a provider until a time, from the next attempt on. Its rows wait. To end it sooner, hurry.';


-- Many rows at once -------------------------------------------------------------------------------------------------

CREATE TABLE tempost.bulk_action (
    id                  uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    action              text        NOT NULL
        CONSTRAINT bulk_action_name CHECK (action IN ('retry', 'dismiss', 'cancel', 'correct')),
    filter              jsonb       NOT NULL,
    patch               jsonb       CONSTRAINT bulk_action_patch CHECK ((action = 'correct') = (patch IS NOT NULL)),
    reason              text        NOT NULL,
    actor               text        NOT NULL,
    per_second          int         NOT NULL CONSTRAINT bulk_action_pace CHECK (per_second BETWEEN 1 AND 10000),
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    last                bigint      NOT NULL DEFAULT 0,
    upto                bigint      NOT NULL,
    done                bigint      NOT NULL DEFAULT 0,
    refused             bigint      NOT NULL DEFAULT 0,
    cancel_requested_by text,
    finished_at         timestamptz
);

COMMENT ON TABLE tempost.bulk_action IS
    'What operators do to all rows that match a filter. A workflow BulkAction does it step by step; how far it came is here.';
COMMENT ON COLUMN tempost.bulk_action.filter IS 'As tempost.matches reads it. It may hold personal data, as patch may.';
COMMENT ON COLUMN tempost.bulk_action.last IS 'Rows up to this id have been looked at.';
COMMENT ON COLUMN tempost.bulk_action.upto IS 'The newest row that there was when it was asked for: later ones are left alone.';
COMMENT ON COLUMN tempost.bulk_action.refused IS
    'Rows that matched and were left alone: they changed meanwhile, are being sent, are locked, or lost their content.';

CREATE INDEX bulk_action_running ON tempost.bulk_action (created_at) WHERE finished_at IS NULL;


-- What failed for the same cause has the same: the message without its numbers.
CREATE FUNCTION tempost.cause(message text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN left(regexp_replace(left(coalesce(message, ''), 400), '[0-9]+', '#', 'g'), 200);


CREATE FUNCTION tempost.bulk(
    action     text,
    filter     jsonb,
    reason     text,
    actor      text  DEFAULT NULL,
    patch      jsonb DEFAULT NULL,
    per_second int   DEFAULT 200
) RETURNS tempost.bulk_action
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b tempost.bulk_action;
BEGIN
    INSERT INTO tempost.bulk_action (action, filter, patch, reason, actor, per_second, upto)
    SELECT bulk.action, bulk.filter, bulk.patch, bulk.reason, coalesce(bulk.actor, session_user), bulk.per_second,
           coalesce(max(o.id), 0)
    FROM tempost.outbox o
    RETURNING * INTO b;
    PERFORM tempost.write_audit(b.actor, 'bulk ' || b.action, NULL, NULL, 'as ' || b.id || ': ' || b.reason);
    RETURN b;
END
$$;

COMMENT ON FUNCTION tempost.bulk IS
    'Asks for the same to be done to all rows that match a filter. A replica begins within seconds; tempost.bulk_action says how '
    'far it is.';


CREATE FUNCTION tempost.cancel_bulk(id uuid, actor text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE tempost.bulk_action b SET cancel_requested_by = coalesce(cancel_bulk.actor, session_user)
    WHERE b.id = cancel_bulk.id AND b.finished_at IS NULL;
    IF FOUND THEN
        PERFORM tempost.write_audit(cancel_bulk.actor, 'cancel bulk', NULL, NULL, cancel_bulk.id::text);
    END IF;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION tempost.cancel_bulk IS 'Stops a bulk action before its next step. False when it has ended, or there is none.';


-- The one place that says which rows a filter means. A key that is not there means whatever.
CREATE FUNCTION tempost.matches(o tempost.outbox, f jsonb) RETURNS boolean
LANGUAGE sql STABLE
RETURN (f ->> 'status' IS NULL OR o.status = f ->> 'status')
   AND (f ->> 'tenant' IS NULL OR o.tenant = f ->> 'tenant')
   AND (f ->> 'event_type' IS NULL OR o.event_type = f ->> 'event_type')
   AND (f ->> 'failure_type' IS NULL OR o.last_error_type = f ->> 'failure_type')
   AND (f ->> 'message' IS NULL OR tempost.cause(o.last_error) = f ->> 'message')
   AND (f ->> 'recipient' IS NULL OR lower(o.recipient) = lower(f ->> 'recipient'))
   AND (f ->> 'job_id' IS NULL OR o.job_id = f ->> 'job_id')
   AND (f ->> 'created_from' IS NULL OR o.created_at >= (f ->> 'created_from')::timestamptz)
   AND (f ->> 'created_before' IS NULL OR o.created_at < (f ->> 'created_before')::timestamptz);


-- Does the next so many rows of a bulk action, each guarded and recorded as if it were alone, and writes down how far it came, in
-- one transaction. Indexes outbox_failed, and the primary key for what is cancelled: 20,000 ids at most.
CREATE FUNCTION tempost.bulk_step(p_id uuid, p_limit int) RETURNS tempost.bulk_action
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '50ms' AS $$
DECLARE
    stretch CONSTANT int := 20000;
    b       tempost.bulk_action;
    seen    bigint;
    found   bigint[];
    row_id  bigint;
    changed boolean;
BEGIN
    SELECT * INTO b FROM tempost.bulk_action a WHERE a.id = p_id FOR NO KEY UPDATE;
    IF b.id IS NULL OR b.finished_at IS NOT NULL THEN
        RETURN b;
    ELSIF b.cancel_requested_by IS NOT NULL THEN
        UPDATE tempost.bulk_action a SET finished_at = clock_timestamp() WHERE a.id = p_id RETURNING * INTO b;
        RETURN b;
    END IF;

    IF b.action = 'cancel' THEN
        seen := (SELECT o.id FROM tempost.outbox o WHERE o.id > b.last AND o.id <= b.upto
                 ORDER BY o.id OFFSET stretch - 1 LIMIT 1);
        seen := coalesce(seen, b.upto);
        found := ARRAY(SELECT o.id FROM tempost.outbox o
                       WHERE o.id > b.last AND o.id <= seen AND o.status IN ('pending', 'dispatched')
                         AND tempost.matches(o, b.filter) ORDER BY o.id LIMIT p_limit);
    ELSE
        seen := (SELECT o.id FROM tempost.outbox o WHERE o.id > b.last AND o.id <= b.upto AND o.status = 'failed'
                 ORDER BY o.id OFFSET stretch - 1 LIMIT 1);
        seen := coalesce(seen, b.upto);
        found := ARRAY(SELECT o.id FROM tempost.outbox o
                       WHERE o.id > b.last AND o.id <= seen AND o.status = 'failed'
                         AND tempost.matches(o, b.filter) ORDER BY o.id LIMIT p_limit);
    END IF;
    IF cardinality(found) = p_limit THEN
        seen := found[p_limit];
    END IF;

    FOREACH row_id IN ARRAY found LOOP
        BEGIN
            changed := CASE b.action
                WHEN 'retry' THEN tempost.retry(row_id, b.actor)
                WHEN 'dismiss' THEN tempost.dismiss(row_id, b.reason, b.actor)
                WHEN 'cancel' THEN tempost.cancel(row_id, b.reason, b.actor)
                ELSE tempost.correct(
                    row_id, payload => (SELECT o.payload || b.patch FROM tempost.outbox o WHERE o.id = row_id), actor => b.actor)
            END;
        EXCEPTION WHEN lock_not_available OR object_not_in_prerequisite_state OR program_limit_exceeded THEN
            changed := false;
        END;
        b.done := b.done + CASE WHEN changed THEN 1 ELSE 0 END;
        b.refused := b.refused + CASE WHEN changed THEN 0 ELSE 1 END;
    END LOOP;
    UPDATE tempost.bulk_action a
    SET last = seen, done = b.done, refused = b.refused, finished_at = CASE WHEN seen >= b.upto THEN clock_timestamp() END
    WHERE a.id = p_id RETURNING * INTO b;
    RETURN b;
END
$$;


-- What a bulk action would do.
--   matched    how many rows match now, of the 100,000 that were looked at
--   complete   whether these were all
--   sample     the newest of them
CREATE TYPE tempost.bulk_preview AS (matched bigint, complete boolean, sample bigint[]);

CREATE FUNCTION tempost.preview_bulk(p_action text, p_filter jsonb) RETURNS tempost.bulk_preview
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most CONSTANT int := 100000;
    p    tempost.bulk_preview;
BEGIN
    IF p_action = 'cancel' THEN
        SELECT count(*) FILTER (WHERE tempost.matches(o, p_filter)), count(*) < most,
               (array_agg(o.id ORDER BY o.id DESC) FILTER (WHERE tempost.matches(o, p_filter)))[:10]
        INTO p
        FROM (SELECT * FROM tempost.outbox r WHERE r.status IN ('pending', 'dispatched') LIMIT most) o;
    ELSE
        SELECT count(*) FILTER (WHERE tempost.matches(o, p_filter)), count(*) < most,
               (array_agg(o.id ORDER BY o.id DESC) FILTER (WHERE tempost.matches(o, p_filter)))[:10]
        INTO p
        FROM (SELECT * FROM tempost.outbox r WHERE r.status = 'failed' ORDER BY r.id DESC LIMIT most) o;
    END IF;
    RETURN p;
END
$$;
