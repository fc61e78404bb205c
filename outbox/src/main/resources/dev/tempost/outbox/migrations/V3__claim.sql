-- Who goes next: the turns of shards, the newest row of an object, switches, and the claim that heeds them all.

-- Turns ------------------------------------------------------------------------------------------------------------

-- The row a shard's turn belongs to when nobody has it: the lowest id that is still to be sent, or failed and holds the
-- shard. Null when the shard has none.
CREATE FUNCTION tempost.first_in_shard(p_tenant text, p_shard_key text) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT o.id FROM tempost.outbox o
        WHERE o.tenant = p_tenant AND o.shard_key = p_shard_key AND o.shard_key IS NOT NULL
          AND (o.status IN ('pending', 'dispatched') OR o.status = 'failed' AND NOT o.skippable)
        ORDER BY o.tenant, o.shard_key, o.id LIMIT 1);
END
$$;


-- Lets a claim look at the head of a shard. A head that somebody is changing right now is left to mend_turns.
CREATE FUNCTION tempost.free_head(p_head bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tempost.outbox o SET waits_for = NULL
    WHERE o.id = (SELECT h.id FROM tempost.outbox h
                  WHERE h.id = p_head AND h.status = 'pending' AND h.waits_for = 'turn' FOR NO KEY UPDATE SKIP LOCKED);
END
$$;


-- The same, and tells every replica.
CREATE FUNCTION tempost.wake_head(p_head bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tempost.free_head(p_head);
    PERFORM pg_notify('tempost_wake', '');
END
$$;


-- Gives the turn to the next row of a shard, if this row had it.
CREATE FUNCTION tempost.pass_turn(p_tenant text, p_shard_key text, p_id bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    next bigint;
BEGIN
    -- looked at before it is locked: who never had the turn waits for nobody
    IF NOT EXISTS (SELECT FROM tempost.shard s
                   WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key AND s.head = p_id) THEN
        RETURN;
    END IF;
    PERFORM FROM tempost.shard s
    WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key AND s.head = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    next := tempost.first_in_shard(p_tenant, p_shard_key);
    IF next IS NULL THEN
        DELETE FROM tempost.shard s WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key;
        RETURN;
    END IF;
    UPDATE tempost.shard s SET head = next, since = clock_timestamp()
    WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key;
    PERFORM tempost.wake_head(next);
END
$$;


CREATE FUNCTION tempost.row_ended() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tempost.pass_turn(OLD.tenant, OLD.shard_key, OLD.id);
    RETURN NULL;
END
$$;

CREATE TRIGGER outbox_ended AFTER UPDATE OF status ON tempost.outbox
    FOR EACH ROW
    WHEN (OLD.shard_key IS NOT NULL AND OLD.status IS DISTINCT FROM NEW.status
          AND NEW.status NOT IN ('pending', 'dispatched') AND NOT (NEW.status = 'failed' AND NOT NEW.skippable))
    EXECUTE FUNCTION tempost.row_ended();

CREATE TRIGGER outbox_gone AFTER DELETE ON tempost.outbox
    FOR EACH ROW WHEN (OLD.shard_key IS NOT NULL) EXECUTE FUNCTION tempost.row_ended();


-- Whether a row of a shard may be sent now. Takes the turn when nobody has it.
CREATE FUNCTION tempost.has_turn(o tempost.outbox) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    holder bigint;
BEGIN
    INSERT INTO tempost.shard AS s (tenant, shard_key, head) VALUES (o.tenant, o.shard_key, o.id)
    ON CONFLICT (tenant, shard_key) DO NOTHING;
    SELECT s.head INTO holder FROM tempost.shard s
    WHERE s.tenant = o.tenant AND s.shard_key = o.shard_key FOR NO KEY UPDATE;
    RETURN holder IS NOT DISTINCT FROM o.id;
END
$$;


-- What no claim and no outcome could pass on, because an application was changing the next row at that moment. Returns how
-- many turns it moved.
CREATE FUNCTION tempost.mend_turns() RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    stuck record;
    mended int := 0;
BEGIN
    FOR stuck IN
        SELECT s.tenant, s.shard_key, s.head, h.status IS NOT DISTINCT FROM 'pending' AS sleeps
        FROM tempost.shard s LEFT JOIN tempost.outbox h ON h.id = s.head
        WHERE h.id IS NULL OR h.status = 'pending' AND h.waits_for = 'turn'
           OR NOT (h.status IN ('pending', 'dispatched') OR h.status = 'failed' AND NOT h.skippable)
        LIMIT 1000
    LOOP
        IF stuck.sleeps THEN
            PERFORM tempost.wake_head(stuck.head);
        ELSE
            PERFORM tempost.pass_turn(stuck.tenant, stuck.shard_key, stuck.head);
        END IF;
        mended := mended + 1;
    END LOOP;
    RETURN mended;
END
$$;


-- Time -------------------------------------------------------------------------------------------------------------

-- A row that was set aside until its time is looked at again when somebody changes that time.
CREATE FUNCTION tempost.row_rescheduled() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.waits_for := NULL;
    NEW.next_attempt_at := NULL;
    RETURN NEW;
END
$$;

CREATE TRIGGER outbox_rescheduled BEFORE UPDATE OF deliver_after ON tempost.outbox
    FOR EACH ROW
    WHEN (OLD.waits_for = 'time' AND NEW.deliver_after IS DISTINCT FROM OLD.deliver_after)
    EXECUTE FUNCTION tempost.row_rescheduled();


-- Coalescing -------------------------------------------------------------------------------------------------------

-- Ends a row, and all older pending rows of its object, when a newer one is due, in flight or delivered. The caller holds the
-- row's lock. False when it is itself the newest.
CREATE FUNCTION tempost.supersede(p_id bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    o      tempost.outbox;
    newest bigint;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id;
    SELECT n.id INTO newest FROM tempost.outbox n
    WHERE n.tenant = o.tenant AND n.shard_key = o.shard_key AND n.event_type = o.event_type
      AND n.object_key = o.object_key AND n.object_key IS NOT NULL AND n.id > p_id
      AND n.status IN ('pending', 'dispatched', 'delivered')
      AND (n.status = 'delivered' OR n.cancel_requested_at IS NULL
               AND coalesce(n.deliver_after <= clock_timestamp(), true)
               AND coalesce(n.expires_at > clock_timestamp(), true))
    ORDER BY n.id DESC LIMIT 1;
    IF newest IS NULL THEN
        RETURN false;
    END IF;

    UPDATE tempost.outbox r
    SET status = 'superseded', superseded_by = newest, finished_at = clock_timestamp(), waits_for = NULL,
        lease_until = NULL, next_attempt_at = NULL, reason = 'row ' || newest || ' is newer'
    -- as one list: with OR, no index would find them
    WHERE r.id = ANY (ARRAY(
        SELECT old.id FROM tempost.outbox old
        WHERE old.tenant = o.tenant AND old.shard_key = o.shard_key AND old.event_type = o.event_type
          AND old.object_key = o.object_key AND old.object_key IS NOT NULL AND old.id < newest
          AND old.status = 'pending'
        FOR NO KEY UPDATE SKIP LOCKED) || p_id);
    RETURN true;
END
$$;


-- Switches ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION tempost.pause(
    reason     text,
    tenant     text DEFAULT NULL,
    event_type text DEFAULT NULL,
    shard_key  text DEFAULT NULL,
    paused_by  text DEFAULT session_user
) RETURNS boolean
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO tempost.pause (tenant, event_type, shard_key, reason, paused_by)
    VALUES (pause.tenant, pause.event_type, pause.shard_key, pause.reason, pause.paused_by)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
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
LANGUAGE plpgsql AS $$
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

    IF lifted.shard_key IS NOT NULL THEN
        UPDATE tempost.outbox o SET waits_for = NULL
        WHERE o.tenant = lifted.tenant AND o.shard_key = lifted.shard_key AND o.shard_key IS NOT NULL
          AND o.status = 'pending' AND o.waits_for = 'pause';
    END IF;
    PERFORM pg_notify('tempost_wake', '');
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.resume IS
    'Lifts the switch that was set with the same tenant, event type and shard. False when there is none.';


-- The claim --------------------------------------------------------------------------------------------------------

-- The first row of each event type of which rows of a priority wait for a claim: one probe of the index each, however many
-- rows there are.
CREATE FUNCTION tempost.due_event_types(p_priority int) RETURNS TABLE (event_type text, tenant text, id bigint)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE found (event_type, tenant, id) AS (
        (SELECT o.event_type, o.tenant, o.id FROM tempost.outbox o
         WHERE o.status = 'pending' AND o.waits_for IS NULL AND o.priority = p_priority
         ORDER BY o.priority, o.event_type, o.tenant, o.id LIMIT 1)
        UNION ALL
        SELECT next.event_type, next.tenant, next.id
        FROM found CROSS JOIN LATERAL (
            SELECT o.event_type, o.tenant, o.id FROM tempost.outbox o
            WHERE o.status = 'pending' AND o.waits_for IS NULL AND o.priority = p_priority
              AND o.event_type > found.event_type
            ORDER BY o.priority, o.event_type, o.tenant, o.id LIMIT 1) next
    )
    SELECT event_type, tenant, id FROM found
$$;


-- The first row of each tenant that follows p_after among such rows of an event type, in order, at most so many.
CREATE FUNCTION tempost.due_tenants(p_priority int, p_event_type text, p_after text, p_limit int)
RETURNS TABLE (tenant text, id bigint)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE found (tenant, id, place) AS (
        (SELECT o.tenant, o.id, 1 FROM tempost.outbox o
         WHERE o.status = 'pending' AND o.waits_for IS NULL AND o.priority = p_priority
           AND o.event_type = p_event_type AND o.tenant > p_after
         ORDER BY o.priority, o.event_type, o.tenant, o.id LIMIT 1)
        UNION ALL
        SELECT next.tenant, next.id, found.place + 1
        FROM found CROSS JOIN LATERAL (
            SELECT o.tenant, o.id FROM tempost.outbox o
            WHERE o.status = 'pending' AND o.waits_for IS NULL AND o.priority = p_priority
              AND o.event_type = p_event_type AND o.tenant > found.tenant
            ORDER BY o.priority, o.event_type, o.tenant, o.id LIMIT 1) next
        WHERE found.place < p_limit
    )
    SELECT tenant, id FROM found
$$;


-- How many more rows of a tenant and an event type may be in flight. Where there is a limit, one claim at a time decides on
-- it; another finds no place.
CREATE FUNCTION tempost.free_places(p_tenant text, p_event_type text, p_limits jsonb) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    free  int := 2147483647;
    most  int := (p_limits -> 'tenants' ->> p_tenant)::int;
    rule  record;
BEGIN
    IF p_limits IS NULL THEN
        RETURN free;
    END IF;

    -- index outbox_leased
    IF most IS NOT NULL THEN
        IF NOT pg_try_advisory_xact_lock(hashtextextended('tempost-tenant:' || p_tenant, 0)) THEN
            RETURN 0;
        END IF;
        free := most - (SELECT count(*) FROM tempost.outbox o
                        WHERE o.lease_until > now() AND o.status = 'dispatched' AND o.tenant = p_tenant);
    END IF;
    FOR rule IN
        SELECT ARRAY(SELECT jsonb_array_elements_text(p -> 'event_types')) AS event_types,
               (p ->> 'only')::boolean AS only, (p ->> 'in_flight')::int AS in_flight
        FROM jsonb_array_elements(p_limits -> 'providers') p
    LOOP
        CONTINUE WHEN (p_event_type = ANY (rule.event_types)) <> rule.only;
        IF NOT pg_try_advisory_xact_lock(hashtextextended('tempost-provider:' || array_to_string(rule.event_types, ','), 0)) THEN
            RETURN 0;
        END IF;
        free := least(free, rule.in_flight - (
            SELECT count(*) FROM tempost.outbox o
            WHERE o.lease_until > now() AND o.status = 'dispatched' AND (o.event_type = ANY (rule.event_types)) = rule.only));
    END LOOP;
    RETURN free;
END
$$;


-- How many of p_room free places each lane gets. The tenants that follow p_after come first; places go by weight to tenants,
-- and among a tenant's event types alike. A lane is what one tenant has of one event type; first is its first row, so
-- that nobody steps a second time over what is finished and still in the index (a transaction held open keeps it there).
--   p_event_types, p_only   these event types and no others, or all but these
--   p_tenant                only this tenant; null for all
--   p_weights               by tenant; 1 for those it does not name
--   p_limits                see claim
CREATE FUNCTION tempost.lanes(
    p_priority int, p_event_types text[], p_only boolean, p_tenant text, p_weights jsonb, p_limits jsonb, p_after text,
    p_room int
) RETURNS TABLE (event_type text, tenant text, first bigint, share int)
-- plpgsql, here and where else a statement would do: servers before 18 plan a function in SQL at every call
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH many (tenants) AS (
        -- as many as there are places, and those that may get none
        SELECT p_room + (SELECT count(*) FROM tempost.pause p WHERE p.resumed_at IS NULL AND p.tenant IS NOT NULL)
                      + (SELECT count(*) FROM jsonb_object_keys(p_limits -> 'tenants'))
    ), waiting AS (
        SELECT t.event_type, r.tenant, r.id, CASE WHEN p_tenant IS NULL AND r.tenant <= p_after THEN 1 ELSE 0 END AS lap
        FROM many
        CROSS JOIN tempost.due_event_types(p_priority) t
        CROSS JOIN LATERAL (
            SELECT t.tenant, t.id
            WHERE p_tenant IS NULL
            UNION ALL
            SELECT ahead.tenant, ahead.id
            FROM tempost.due_tenants(p_priority, t.event_type, greatest(t.tenant, p_after), many.tenants::int) ahead
            WHERE p_tenant IS NULL
            UNION ALL
            SELECT behind.tenant, behind.id
            FROM tempost.due_tenants(p_priority, t.event_type, t.tenant, many.tenants::int) behind
            WHERE p_tenant IS NULL AND t.tenant < p_after AND behind.tenant <= p_after
            UNION ALL
            SELECT p_tenant, 0
            WHERE p_tenant IS NOT NULL
        ) r
        WHERE (t.event_type = ANY (p_event_types)) = p_only
          AND NOT EXISTS (
              SELECT FROM tempost.pause p
              WHERE p.resumed_at IS NULL AND p.shard_key IS NULL AND coalesce(p.tenant, r.tenant) = r.tenant
                AND coalesce(p.event_type, t.event_type) = t.event_type)
          AND tempost.free_places(r.tenant, t.event_type, p_limits) > 0
    ), weighed AS (
        SELECT w.event_type, w.tenant, w.id, w.lap,
               coalesce((p_weights ->> w.tenant)::numeric, 1) / count(*) OVER (PARTITION BY w.tenant) AS weight,
               dense_rank() OVER (ORDER BY w.lap, w.tenant) AS place
        FROM waiting w
    )
    SELECT w.event_type, w.tenant, w.id, greatest(1, floor(p_room * w.weight / sum(w.weight) OVER ()))::int
    FROM weighed w
    WHERE w.place <= p_room
    ORDER BY w.lap, w.tenant, w.event_type;
END
$$;


-- Claims the row of a shard if it is its turn, and otherwise sees to it that no claim meets it again before it is. The caller
-- holds the row's lock.
--   taken   it is dispatched
--   moved   it waits, expired, or is superseded
--   busy    somebody else is at the shard: nothing changed
CREATE FUNCTION tempost.claim_in_turn(p_id bigint, p_lease interval, p_skipping text[], p_skipping_only boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    o     tempost.outbox;
    first tempost.outbox;
    turn  bigint;
BEGIN
    SELECT * INTO o FROM tempost.outbox WHERE id = p_id;
    IF o.status <> 'pending' OR o.waits_for IS NOT NULL THEN
        -- an earlier row of the same claim has settled it
        RETURN 'moved';
    END IF;
    -- between claims; an outcome holds the shard's own row
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tempost-turn:' || o.tenant || ':' || o.shard_key, 0)) THEN
        RETURN 'busy';
    END IF;
    SELECT s.head INTO turn FROM tempost.shard s
    WHERE s.tenant = o.tenant AND s.shard_key = o.shard_key FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        SELECT * INTO first FROM tempost.outbox WHERE id = turn;
        -- a lower id that committed late goes first as long as nothing of the shard is under way
        IF first.id IS NULL OR first.status = 'pending' AND o.id < turn
                OR NOT (first.status IN ('pending', 'dispatched') OR first.status = 'failed' AND NOT first.skippable) THEN
            turn := tempost.first_in_shard(o.tenant, o.shard_key);
            UPDATE tempost.shard s SET head = turn, since = clock_timestamp()
            WHERE s.tenant = o.tenant AND s.shard_key = o.shard_key;
        END IF;
    ELSE
        turn := tempost.first_in_shard(o.tenant, o.shard_key);
        INSERT INTO tempost.shard (tenant, shard_key, head)
        SELECT o.tenant, o.shard_key, turn
        WHERE NOT EXISTS (SELECT FROM tempost.shard s WHERE s.tenant = o.tenant AND s.shard_key = o.shard_key)
        ON CONFLICT (tenant, shard_key) DO NOTHING;
        IF NOT FOUND THEN
            RETURN 'busy';
        END IF;
    END IF;

    IF turn <> p_id THEN
        PERFORM tempost.free_head(turn);
        UPDATE tempost.outbox r SET waits_for = 'turn'
        WHERE r.id IN (
            SELECT w.id FROM tempost.outbox w
            WHERE w.tenant = o.tenant AND w.shard_key = o.shard_key AND w.shard_key IS NOT NULL
              AND w.status = 'pending' AND w.waits_for IS NULL AND w.id <> turn AND w.id >= p_id
            ORDER BY w.tenant, w.shard_key, w.id LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED);
        RETURN 'moved';
    END IF;

    IF o.expires_at <= clock_timestamp() THEN
        UPDATE tempost.outbox r
        SET status = 'expired', finished_at = clock_timestamp(), reason = 'expires_at passed before it was sent'
        WHERE r.id = p_id;
        RETURN 'moved';
    END IF;
    IF o.object_key IS NOT NULL AND tempost.supersede(p_id) THEN
        RETURN 'moved';
    END IF;
    IF greatest(o.deliver_after, o.next_attempt_at) > clock_timestamp() THEN
        UPDATE tempost.outbox r
        SET waits_for = 'time', next_attempt_at = greatest(o.deliver_after, o.next_attempt_at)
        WHERE r.id = p_id;
        RETURN 'moved';
    END IF;
    IF EXISTS (SELECT FROM tempost.pause p
               WHERE p.resumed_at IS NULL AND p.shard_key = o.shard_key AND p.tenant = o.tenant
                 AND coalesce(p.event_type, o.event_type) = o.event_type) THEN
        UPDATE tempost.outbox r SET waits_for = 'pause' WHERE r.id = p_id;
        RETURN 'moved';
    END IF;
    UPDATE tempost.outbox r
    SET status = 'dispatched', dispatched_at = clock_timestamp(), next_attempt_at = NULL,
        lease_until = clock_timestamp() + p_lease, skippable = (r.event_type = ANY (p_skipping)) = p_skipping_only
    WHERE r.id = p_id;
    RETURN 'taken';
END
$$;


-- Dispatches rows that are due, under a lease: by priority, then fairly between tenants, then by id. What it meets and cannot
-- take, it sets aside, so that no row is looked at twice for the same reason. A row without an id at the end says that it
-- stopped early and there is more to look at.
--   p_lowest                      the priority up to which it goes: 1 for urgent rows only, 5 for all
--   p_skipping, p_skipping_only   the event types whose failed rows hold nothing back
--   p_weights, p_after            see lanes
--   p_limits   {"tenants": {"acme": 5}, "providers": [{"only": true, "event_types": ["news"], "in_flight": 10}]}: how many
--              live leases a tenant, or the event types of a provider, may have in all replicas together; null for none
CREATE FUNCTION tempost.claim(
    p_limit         int,
    p_lowest        int,
    p_lease         interval,
    p_event_types   text[],
    p_only          boolean,
    p_tenant        text,
    p_skipping      text[],
    p_skipping_only boolean,
    p_weights       jsonb,
    p_limits        jsonb,
    p_after         text
) RETURNS TABLE (
    id bigint, key uuid, tenant text, event_type text, priority smallint, job_id text, expires_at timestamptz,
    run_id text, lease_until timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    patience CONSTANT int := 5000;
    room     int := p_limit;
    set_aside int := 0;
    busy     bigint[] := '{}';
    level    int;
    lane     record;
    met      record;
    share    int;
    seen     int;
    more     boolean;
    moved    boolean;
BEGIN
    -- index outbox_later
    UPDATE tempost.outbox o SET waits_for = NULL
    WHERE o.id IN (
        SELECT l.id FROM tempost.outbox l
        WHERE l.status = 'pending' AND l.waits_for = 'time' AND l.next_attempt_at <= now()
        ORDER BY l.next_attempt_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED);

    FOR level IN 1..p_lowest LOOP
        LOOP
            more := false;
            moved := false;
            FOR lane IN SELECT * FROM tempost.lanes(
                    level, p_event_types, p_only, p_tenant, p_weights, p_limits, p_after, room) LOOP
                share := least(lane.share, room, tempost.free_places(lane.tenant, lane.event_type, p_limits));
                CONTINUE WHEN share <= 0;
                seen := 0;
                -- index outbox_due, in its order, from the lane's first row to its end. With equalities the order would be
                -- that of tenant and id, or of id, and the planner might read another index, past what it was not asked for
                FOR met IN
                    WITH due AS (
                        SELECT o.id, o.shard_key, CASE
                                   WHEN o.expires_at <= clock_timestamp() THEN 'expired'
                                   WHEN greatest(o.deliver_after, o.next_attempt_at) > clock_timestamp() THEN 'pending'
                                   ELSE 'dispatched' END AS fate
                        FROM tempost.outbox o
                        WHERE o.status = 'pending' AND o.waits_for IS NULL
                          AND (o.priority, o.event_type, o.tenant, o.id)
                              >= (level, lane.event_type, lane.tenant, lane.first)
                          AND (o.priority, o.event_type, o.tenant) <= (level, lane.event_type, lane.tenant)
                          AND o.id <> ALL (busy)
                        ORDER BY o.priority, o.event_type, o.tenant, o.id
                        LIMIT share
                        FOR NO KEY UPDATE SKIP LOCKED
                    ), handled AS (
                        UPDATE tempost.outbox o
                        SET status          = due.fate,
                            waits_for       = CASE due.fate WHEN 'pending' THEN 'time' END,
                            next_attempt_at = CASE due.fate
                                WHEN 'pending' THEN greatest(o.deliver_after, o.next_attempt_at) END,
                            dispatched_at   = CASE due.fate
                                WHEN 'dispatched' THEN clock_timestamp() ELSE o.dispatched_at END,
                            lease_until     = CASE due.fate WHEN 'dispatched' THEN clock_timestamp() + p_lease END,
                            finished_at     = CASE due.fate WHEN 'expired' THEN clock_timestamp() END,
                            reason          = CASE due.fate
                                WHEN 'expired' THEN 'expires_at passed before it was sent' ELSE o.reason END
                        FROM due
                        WHERE o.id = due.id AND due.shard_key IS NULL
                        RETURNING o.id, o.key, o.tenant, o.event_type, o.job_id, o.expires_at, o.run_id, o.lease_until,
                                  o.status
                    )
                    SELECT h.*, false AS sharded FROM handled h
                    UNION ALL
                    SELECT due.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                           tempost.claim_in_turn(due.id, p_lease, p_skipping, p_skipping_only), true
                    FROM due WHERE due.shard_key IS NOT NULL
                    ORDER BY 1
                LOOP
                    seen := seen + 1;
                    IF met.status = 'busy' THEN
                        busy := busy || met.id;
                    ELSIF met.status IN ('dispatched', 'taken') THEN
                        moved := true;
                        room := room - 1;
                        id := met.id;
                        priority := level;
                        IF met.sharded THEN
                            SELECT o.key, o.tenant, o.event_type, o.job_id, o.expires_at, o.run_id, o.lease_until
                            INTO key, tenant, event_type, job_id, expires_at, run_id, lease_until
                            FROM tempost.outbox o WHERE o.id = met.id;
                        ELSE
                            key := met.key;
                            tenant := met.tenant;
                            event_type := met.event_type;
                            job_id := met.job_id;
                            expires_at := met.expires_at;
                            run_id := met.run_id;
                            lease_until := met.lease_until;
                        END IF;
                        RETURN NEXT;
                    ELSE
                        moved := true;
                        set_aside := set_aside + 1;
                    END IF;
                END LOOP;
                more := more OR seen = share;
                EXIT WHEN room = 0;
            END LOOP;
            EXIT WHEN room = 0 OR NOT more OR NOT moved OR set_aside > patience;
        END LOOP;
        EXIT WHEN room = 0 OR set_aside > patience;
    END LOOP;

    -- what was set aside last may have passed its turn to a row that comes earlier
    IF room > 0 AND set_aside > patience OR room = p_limit AND set_aside > 0 THEN
        id := NULL;
        RETURN NEXT;
    END IF;
END
$$;
