-- What operators do. Each of these functions guards the row it changes, and records who asked, in the caller's transaction.

CREATE TABLE tempost.audit (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor     text        NOT NULL,
    role      name        NOT NULL DEFAULT session_user,
    action    text        NOT NULL,
    outbox_id bigint,
    tenant    text,
    detail    text
);

COMMENT ON TABLE tempost.audit IS
    'What operators did to rows and providers. Pauses keep their own record, in tempost.pause.';
COMMENT ON COLUMN tempost.audit.actor IS 'Who did it, as the caller says; the role when it says nothing.';
COMMENT ON COLUMN tempost.audit.role IS 'The login it was done with, as PostgreSQL knows it.';
COMMENT ON COLUMN tempost.audit.outbox_id IS 'The row; null when it was not about one.';

CREATE INDEX audit_row ON tempost.audit (outbox_id) WHERE outbox_id IS NOT NULL;


CREATE FUNCTION tempost.write_audit(p_actor text, p_action text, p_id bigint, p_tenant text, p_detail text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO tempost.audit (actor, action, outbox_id, tenant, detail)
    VALUES (coalesce(p_actor, session_user), p_action, p_id, p_tenant, p_detail);
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


CREATE FUNCTION tempost.correct(
    id        bigint,
    payload   jsonb DEFAULT NULL,
    recipient text  DEFAULT NULL,
    actor     text  DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    r tempost.outbox;
BEGIN
    SELECT * INTO r FROM tempost.outbox o
    WHERE o.id = correct.id AND o.status IN ('pending', 'dispatched', 'failed') AND o.scrubbed_at IS NULL
    FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM tempost.attempt a WHERE a.outbox_id = r.id AND a.finished_at IS NULL) THEN
        RETURN false;
    END IF;
    UPDATE tempost.outbox o
    SET payload = coalesce(correct.payload, o.payload), recipient = coalesce(correct.recipient, o.recipient)
    WHERE o.id = r.id;
    PERFORM tempost.write_audit(
        correct.actor, 'correct', r.id, r.tenant,
        concat_ws(', ', CASE WHEN correct.payload IS NOT NULL THEN 'payload' END,
                        CASE WHEN correct.recipient IS NOT NULL THEN 'recipient' END));
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.correct IS
    'Changes what a row says that is not finished, from its next attempt on; null keeps what is there. False when it is finished, '
    'or is being sent just now. A failed row stays failed: retry it.';


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
    'Has a provider that is down probed at once, or ends the hold it asked for. False when it is not down.';
