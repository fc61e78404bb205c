-- The claim. A lane is what one tenant has of one event type at one priority. look_for_work lists lanes, the caller decides what
-- to offer each (fairness is its affair), and claim takes what is offered. Whatever a claim meets and cannot take leaves its
-- index until it can be taken, and one statement moves a bounded number of rows: a large table, a deep shard or a locked one
-- costs strangers nothing.

-- Lets claims look at rows whose time has come, some of each priority: an urgent one waits behind no others. Index outbox_later,
-- bounded by now().
CREATE FUNCTION tempost.wake_due(p_limit int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE tempost.outbox o SET waits_for = NULL, next_attempt_at = NULL
    WHERE o.id = ANY (ARRAY(
        SELECT due.id FROM generate_series(1, 5) level CROSS JOIN LATERAL (
            SELECT l.id FROM tempost.outbox l
            WHERE l.status = 'pending' AND l.waits_for = 'time' AND l.priority = level AND l.next_attempt_at <= now()
            ORDER BY l.priority, l.next_attempt_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) due));
END
$$;


CREATE TYPE tempost.lane AS (priority int, tenant text, event_type text, first bigint, paused boolean);

COMMENT ON TYPE tempost.lane IS
    'first is the lane''s first row, so that nobody steps a second time over what is finished and still in the index (a '
    'transaction held open keeps it there).';


-- The lanes after one and up to another, in order: one probe of index outbox_due each. Entries of rows that left the index, and that
-- an open transaction keeps from being removed, are stepped over by the probe that meets them: neither bound may lie behind more
-- of them than it has to.
--   p_only   only this tenant's; null for all
CREATE FUNCTION tempost.lanes_between(p_after tempost.lane, p_to tempost.lane, p_only text, p_limit int)
RETURNS SETOF tempost.lane
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lane tempost.lane := p_after;
BEGIN
    FOR i IN 1..p_limit LOOP
        SELECT o.priority, o.tenant, o.event_type, o.id INTO lane
        FROM tempost.outbox o
        -- without an equality: it would let the index be read from the beginning of the priority on
        WHERE o.status = 'pending' AND o.waits_for IS NULL
          AND (o.priority, o.tenant, o.event_type) > (lane.priority, lane.tenant, lane.event_type)
          AND (o.priority, o.tenant, o.event_type) <= (p_to.priority, p_to.tenant, p_to.event_type)
        ORDER BY o.priority, o.tenant, o.event_type, o.id LIMIT 1;
        EXIT WHEN NOT FOUND OR lane.tenant <> p_only;
        lane.paused := (tempost.pause_of(lane.tenant, lane.event_type, NULL)).id IS NOT NULL;
        RETURN NEXT lane;
    END LOOP;
END
$$;


-- Lists lanes that have rows for a claim, of each priority up to p_lowest at most p_limit, in a ring that begins after a tenant
-- and event type.
--   p_tenants, p_event_types   where the ring of each priority begins, from priority 1 on
--   p_only                     only this tenant's; null for all
CREATE FUNCTION tempost.look_for_work(p_lowest int, p_tenants text[], p_event_types text[], p_only text, p_limit int)
RETURNS SETOF tempost.lane
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first tempost.lane;
    start tempost.lane;
    found int;
BEGIN
    PERFORM tempost.wake_due(100);
    FOR level IN 1..p_lowest LOOP
        -- no tenant and no event type is empty
        first := (level, coalesce(p_only, ''), '', NULL, NULL);
        start := (level, p_tenants[level], p_event_types[level], NULL, NULL);
        IF start.tenant <> p_only THEN
            start := first;
        END IF;
        RETURN QUERY SELECT * FROM tempost.lanes_between(start, (level + 1, '', '', NULL, NULL), p_only, p_limit);
        GET DIAGNOSTICS found = ROW_COUNT;
        RETURN QUERY SELECT * FROM tempost.lanes_between(first, start, p_only, p_limit - found);
    END LOOP;
END
$$;


-- What is between its claim and the end of its first attempt, or in a later attempt.
CREATE VIEW tempost.in_flight AS
SELECT o.id, o.tenant, o.event_type
FROM tempost.outbox o WHERE o.lease_until IS NOT NULL AND o.status = 'dispatched'
UNION ALL
SELECT o.id, o.tenant, o.event_type
FROM tempost.attempt a JOIN tempost.outbox o ON o.id = a.outbox_id
WHERE a.finished_at IS NULL AND (o.lease_until IS NULL OR o.status <> 'dispatched');


-- What a claim may take of a lane.
--   share, skippable             at most so many; whether they hold nothing back in their shard when they fail
--   tenant_limit                 how many rows of the tenant may be in flight, all replicas together; null for any number
--   provider_limit, listed, event_types   the same for a provider: for these event types, or for all but these
--   batch                        null when every row gets a workflow of its own; 'always', or 'backlog': only where more rows wait
--                                than there is room for on their own
CREATE TYPE tempost.offer AS (
    priority int, tenant text, event_type text, first bigint, share int, skippable boolean, batch text,
    tenant_limit int, provider_limit int, listed boolean, event_types text[]);


CREATE TABLE tempost.in_flight_limit (
    name text PRIMARY KEY
);

COMMENT ON TABLE tempost.in_flight_limit IS
    'A row to lock for each limit on what is in flight, made when it is first needed: one claim at a time decides on it. The one '
    'without a name is for making others.';

INSERT INTO tempost.in_flight_limit VALUES ('');


-- Locks a limit until the claim ends; false when another claim has it.
CREATE FUNCTION tempost.lock_limit(p_name text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM tempost.in_flight_limit l WHERE l.name = p_name FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        RETURN true;
    END IF;
    -- one claim at a time makes new ones: two that made the same ones in another order would wait for each other
    PERFORM FROM tempost.in_flight_limit l WHERE l.name = '' FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO tempost.in_flight_limit VALUES (p_name) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;


-- How many rows of an offer may go. Where there is a limit, one claim at a time decides on it; another finds no place.
CREATE FUNCTION tempost.free_places(offer tempost.offer) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    free int := offer.share;
BEGIN
    IF offer.tenant_limit IS NOT NULL THEN
        IF NOT tempost.lock_limit('tenant ' || offer.tenant) THEN
            RETURN 0;
        END IF;
        free := least(free, offer.tenant_limit - (
            SELECT count(*) FROM tempost.in_flight f WHERE f.tenant = offer.tenant)::int);
    END IF;
    IF offer.provider_limit IS NOT NULL THEN
        -- a provider is known here by what goes through it
        IF NOT tempost.lock_limit('provider ' || md5(offer.listed || array_to_string(offer.event_types, ','))) THEN
            RETURN 0;
        END IF;
        free := least(free, offer.provider_limit - (
            SELECT count(*) FROM tempost.in_flight f WHERE (f.event_type = ANY (offer.event_types)) = offer.listed)::int);
    END IF;
    RETURN free;
END
$$;


-- Puts a pending row off. It is looked at again by itself.
CREATE FUNCTION tempost.put_off(p_id bigint, p_until timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE tempost.outbox o SET waits_for = 'time', next_attempt_at = p_until WHERE o.id = p_id;
END
$$;


-- Whether a row may share a workflow with others: no workflow has had it yet, nobody asked for it again, and no shard keeps it in
-- order.
CREATE FUNCTION tempost.may_share(o tempost.outbox) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN o.shard_key IS NULL AND o.run_id IS NULL AND o.retried_at IS NULL;


-- The first rows of a lane from an id on: those that may go as they are, and those that have to be looked at one by one. Index
-- outbox_due, in its order: with equalities the order would be that of the id, and the planner might read another index, past
-- what it was not asked for. Rows that somebody holds are passed over.
CREATE FUNCTION tempost.first_in_lane(
    offer tempost.offer, p_from bigint, p_limit int, OUT free bigint[], OUT others bigint[], OUT last bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT coalesce(array_agg(f.id) FILTER (WHERE f.free), '{}'),
           coalesce(array_agg(f.id ORDER BY f.id) FILTER (WHERE NOT f.free), '{}'), max(f.id)
    INTO free, others, last
    FROM (
        SELECT o.id, o.shard_key IS NULL AND coalesce(o.expires_at > clock_timestamp(), true)
                     AND coalesce(o.deliver_after <= clock_timestamp(), true)
                     AND (offer.batch IS NULL OR tempost.may_share(o)) AS free
        FROM tempost.outbox o
        WHERE o.status = 'pending' AND o.waits_for IS NULL
          AND (o.priority, o.tenant, o.event_type, o.id) >= (offer.priority, offer.tenant, offer.event_type, p_from)
          AND (o.priority, o.tenant, o.event_type) <= (offer.priority, offer.tenant, offer.event_type)
        ORDER BY o.priority, o.tenant, o.event_type, o.id
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED) f;
END
$$;


-- Shards ---------------------------------------------------------------------------------------------------------------

-- Says whose turn it is in a shard, for a claim that met and locked one of its rows, and locks the shard when it is that row's; null
-- when it is, and somebody holds the shard. A lower id that committed late goes first as long as nothing of the shard is under
-- way. Whoever sees another's turn without the lock lines up behind a row that may just be ending: that is noted.
CREATE FUNCTION tempost.lock_turn(met tempost.outbox) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    turn bigint;
    head tempost.outbox;
BEGIN
    SELECT s.head INTO turn FROM tempost.shard s
    WHERE s.tenant = met.tenant AND s.shard_key = met.shard_key FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT s.head INTO turn FROM tempost.shard s WHERE s.tenant = met.tenant AND s.shard_key = met.shard_key;
        IF turn = met.id THEN
            RETURN NULL;
        ELSIF turn IS NULL THEN
            -- a shard is opened by whoever holds its first row, hence by one claim at a time
            turn := tempost.first_in_shard(met.tenant, met.shard_key);
            IF turn = met.id THEN
                INSERT INTO tempost.shard AS s (tenant, shard_key, head) VALUES (met.tenant, met.shard_key, met.id)
                ON CONFLICT (tenant, shard_key) DO NOTHING;
                RETURN CASE WHEN FOUND THEN met.id END;
            END IF;
        END IF;
        PERFORM tempost.note_stuck_turn(met.tenant, met.shard_key);
        RETURN turn;
    END IF;

    SELECT * INTO head FROM tempost.outbox WHERE id = turn;
    IF head.id IS NULL OR NOT head.holds_shard OR head.status = 'pending' AND met.id < turn THEN
        turn := tempost.first_in_shard(met.tenant, met.shard_key);
        UPDATE tempost.shard s SET head = turn, since = clock_timestamp()
        WHERE s.tenant = met.tenant AND s.shard_key = met.shard_key;
    END IF;
    RETURN turn;
END
$$;


-- Lets rows that met their shard's turn elsewhere wait in line, this one and some that follow it. Returns how many.
CREATE FUNCTION tempost.line_up(met tempost.outbox, p_turn bigint, p_limit int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moved int;
BEGIN
    PERFORM tempost.free_head(met.tenant, met.shard_key, p_turn);
    UPDATE tempost.outbox o SET waits_for = 'turn'
    WHERE o.id = ANY (ARRAY(
        SELECT w.id FROM tempost.outbox w
        WHERE w.tenant = met.tenant AND w.shard_key = met.shard_key AND w.holds_shard
          AND w.status = 'pending' AND w.waits_for IS NULL AND w.id <> p_turn AND w.id >= met.id
        ORDER BY w.tenant, w.shard_key, w.id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED));
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$;


-- What a claim does with a row that it met and locked: null when it may be dispatched, else how many rows moved out of the way,
-- this one among them. Nobody meets them again before something has changed.
CREATE FUNCTION tempost.meet(p_id bigint, p_limit int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    met  tempost.outbox;
    turn bigint;
BEGIN
    SELECT * INTO met FROM tempost.outbox WHERE id = p_id;
    IF met.status <> 'pending' OR met.waits_for IS NOT NULL THEN
        -- an earlier row of the same claim has seen to it
        RETURN 0;
    END IF;
    turn := CASE WHEN met.shard_key IS NULL THEN p_id ELSE tempost.lock_turn(met) END;
    IF turn IS NULL THEN
        PERFORM tempost.put_off(p_id, clock_timestamp() + interval '200 milliseconds');
    ELSIF turn <> p_id THEN
        RETURN tempost.line_up(met, turn, p_limit);
    ELSIF met.expires_at <= clock_timestamp() THEN
        PERFORM tempost.finish_expired(ARRAY[p_id]);
    ELSIF met.object_key IS NOT NULL AND tempost.supersede(p_id) THEN
        NULL;
    ELSIF tempost.ahead(met.deliver_after, met.next_attempt_at) IS NOT NULL THEN
        PERFORM tempost.put_off(p_id, tempost.ahead(met.deliver_after, met.next_attempt_at));
    ELSIF met.shard_key IS NOT NULL AND (tempost.pause_of(met.tenant, met.event_type, met.shard_key)).id IS NOT NULL THEN
        PERFORM tempost.put_off(p_id, clock_timestamp() + (15 + 15 * random()) * interval '1 second');
    ELSE
        RETURN NULL;
    END IF;
    RETURN 1;
END
$$;


-- The claim itself -----------------------------------------------------------------------------------------------------

-- Which rows of an offer go, at most p_share: those that may go as they are, and those that were looked at one by one, at most
-- p_singles. moved counts the rows that were met and left the claim's index, about p_limit at most.
CREATE FUNCTION tempost.choose(
    offer tempost.offer, p_share int, p_singles int, p_limit int, OUT free bigint[], OUT singles bigint[], OUT moved int)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    batch record;
    met   bigint;
    step  int;
    start bigint := offer.first;
BEGIN
    free := '{}';
    singles := '{}';
    moved := 0;
    WHILE cardinality(free) + cardinality(singles) < p_share AND moved < p_limit LOOP
        batch := tempost.first_in_lane(offer, start, p_share - cardinality(free) - cardinality(singles));
        EXIT WHEN batch.last IS NULL;
        start := batch.last + 1;
        free := free || batch.free;
        FOREACH met IN ARRAY batch.others LOOP
            -- what cannot go for lack of room keeps its place, and nobody looks for what may be behind it
            IF cardinality(singles) >= p_singles THEN
                RETURN;
            END IF;
            step := tempost.meet(met, greatest(1, p_limit - moved));
            IF step IS NULL THEN
                singles := singles || met;
            ELSE
                moved := moved + step;
            END IF;
        END LOOP;
    END LOOP;
END
$$;


-- The id of the workflow that is to carry rows of a lane together.
CREATE FUNCTION tempost.batch_id(offer tempost.offer, p_first bigint) RETURNS text
LANGUAGE sql VOLATILE
RETURN concat_ws(':', 'batch', offer.tenant, offer.event_type, p_first, left(gen_random_uuid()::text, 8));


-- Dispatches rows under a lease: of each offer what is there, in the order of the offers, until p_room is full. A row without an
-- id at the end says that rows left the index unclaimed, and there may be more to look at.
--   p_singles   how many rows may get a workflow of their own
CREATE FUNCTION tempost.claim(p_room int, p_singles int, p_lease interval, p_offers jsonb) RETURNS TABLE (
    id bigint, key uuid, tenant text, event_type text, priority smallint, job_id text, expires_at timestamptz,
    workflow_id text, run_id text, lease_until timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    at_most CONSTANT int := 50;
    offers  tempost.offer[] := ARRAY(SELECT offer FROM jsonb_populate_recordset(NULL::tempost.offer, p_offers) offer);
    offer   tempost.offer;
    chosen  record;
    batch   text;
    room    int := p_room;
    singles int := p_singles;
    moved   int := 0;
    share   int;
BEGIN
    FOREACH offer IN ARRAY offers LOOP
        EXIT WHEN room <= 0;
        share := least(room, tempost.free_places(offer));
        CONTINUE WHEN share <= 0;
        -- a lane that is in disorder leaves the others their look
        chosen := tempost.choose(offer, share, singles, greatest(10, at_most - moved));
        moved := moved + chosen.moved;
        room := room - cardinality(chosen.free) - cardinality(chosen.singles);
        singles := singles - cardinality(chosen.singles);
        batch := CASE WHEN offer.batch = 'always' OR offer.batch = 'backlog' AND cardinality(chosen.free) > singles
                      THEN tempost.batch_id(offer, chosen.free[1]) END;
        singles := singles - CASE WHEN batch IS NULL THEN cardinality(chosen.free) ELSE 0 END;
        RETURN QUERY
        WITH dispatched AS (
            UPDATE tempost.outbox o
            SET status = 'dispatched', dispatched_at = clock_timestamp(), next_attempt_at = NULL,
                lease_until = clock_timestamp() + p_lease, skippable = offer.skippable,
                workflow_id = CASE WHEN tempost.may_share(o) THEN batch END
            WHERE o.id = ANY (chosen.free || chosen.singles)
            RETURNING o.id, o.key, o.tenant, o.event_type, o.priority, o.job_id, o.expires_at, o.workflow_id, o.run_id,
                      o.lease_until)
        SELECT * FROM dispatched d ORDER BY d.id;
    END LOOP;

    IF room > 0 AND moved > 0 THEN
        id := NULL;
        RETURN NEXT;
    END IF;
END
$$;
