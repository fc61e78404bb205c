-- Whose turn it is: rows of one shard go out one after another, by id.

CREATE TABLE tempost.shard (
    tenant    text        NOT NULL,
    shard_key text        NOT NULL,
    head      bigint      NOT NULL,
    since     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, shard_key)
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0.02
);

COMMENT ON TABLE tempost.shard IS
    'One row per shard that has open rows and was looked at. Claim, gate and outcome lock it; producers never do.';
COMMENT ON COLUMN tempost.shard.head IS
    'The row whose turn it is: pending, in flight, or failed and holding its shard. No other row of the shard is sent.';
COMMENT ON COLUMN tempost.shard.since IS 'Since when it is that row''s turn.';


CREATE TABLE tempost.stuck_turn (
    tenant    text        NOT NULL,
    shard_key text        NOT NULL,
    noted_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (
    autovacuum_vacuum_scale_factor = 0.02
);

COMMENT ON TABLE tempost.stuck_turn IS
    'Shards whose turn could not be passed on because somebody held a lock just then. Looked at again every second.';

CREATE INDEX stuck_turn_shard ON tempost.stuck_turn (tenant, shard_key);
CREATE INDEX stuck_turn_oldest ON tempost.stuck_turn (noted_at);


-- Once a transaction is enough, however many of its rows find it so: false when it noted the shard before.
CREATE FUNCTION tempost.note_stuck_turn(p_tenant text, p_shard_key text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO tempost.stuck_turn (tenant, shard_key)
    SELECT p_tenant, p_shard_key
    WHERE NOT EXISTS (
        SELECT FROM tempost.stuck_turn t
        WHERE t.tenant = p_tenant AND t.shard_key = p_shard_key AND t.xmin = pg_current_xact_id()::xid);
    RETURN FOUND;
END
$$;


-- The row a shard's turn belongs to when nobody has it; null when the shard has no open row. Index outbox_shard.
CREATE FUNCTION tempost.first_in_shard(p_tenant text, p_shard_key text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT o.id FROM tempost.outbox o
        WHERE o.tenant = p_tenant AND o.shard_key = p_shard_key AND o.holds_shard
        ORDER BY o.tenant, o.shard_key, o.id LIMIT 1);
END
$$;


-- Lets a claim look at the head of a shard, at its time. Where somebody holds that row, the shard is noted as stuck. True when the
-- row changed.
CREATE FUNCTION tempost.free_head(p_tenant text, p_shard_key text, p_head bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM tempost.outbox o
    WHERE o.id = p_head AND o.status = 'pending' AND o.waits_for = 'turn' FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE tempost.outbox o
        SET waits_for = CASE WHEN tempost.ahead(o.deliver_after, o.next_attempt_at) IS NOT NULL THEN 'time' END,
            next_attempt_at = tempost.ahead(o.deliver_after, o.next_attempt_at)
        WHERE o.id = p_head;
        RETURN true;
    ELSIF EXISTS (SELECT FROM tempost.outbox o WHERE o.id = p_head AND o.status = 'pending' AND o.waits_for = 'turn') THEN
        PERFORM tempost.note_stuck_turn(p_tenant, p_shard_key);
    END IF;
    RETURN false;
END
$$;


-- Gives the turn to the first open row of a shard and tells every replica. The caller holds the shard's row, if there is one. True
-- when that changed anything.
CREATE FUNCTION tempost.give_turn(p_tenant text, p_shard_key text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    next    bigint := tempost.first_in_shard(p_tenant, p_shard_key);
    changed boolean;
BEGIN
    IF next IS NULL THEN
        DELETE FROM tempost.shard s WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key;
        RETURN FOUND;
    END IF;
    UPDATE tempost.shard s SET head = next, since = clock_timestamp()
    WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key AND s.head <> next;
    changed := FOUND;
    changed := tempost.free_head(p_tenant, p_shard_key, next) OR changed;
    IF changed THEN
        PERFORM pg_notify('tempost_wake', '');
    END IF;
    RETURN changed;
END
$$;


-- Locks a shard whose head has ended. Whoever holds it is a claim, for milliseconds; false when it is somebody else, or the turn
-- has moved on.
CREATE FUNCTION tempost.lock_shard(p_tenant text, p_shard_key text, p_head bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM tempost.shard s
    WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key AND s.head = p_head FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        RETURN true;
    END IF;
    PERFORM FROM tempost.shard s
    WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key AND s.head = p_head FOR UPDATE;
    RETURN FOUND;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;


-- Passes the turn on, if this row had it. Of a shard that nobody has opened, this may have been the first row: the next one goes on,
-- looked for once a transaction where a thousand rows end one after another. What this transaction cannot lock, or cannot see
-- since it reads an old snapshot, is noted as stuck.
CREATE FUNCTION tempost.pass_turn(p_tenant text, p_shard_key text, p_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    holder bigint;
BEGIN
    SELECT s.head INTO holder FROM tempost.shard s WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key;
    IF NOT FOUND THEN
        IF tempost.note_stuck_turn(p_tenant, p_shard_key) THEN
            PERFORM tempost.give_turn(p_tenant, p_shard_key);
        END IF;
    ELSIF holder = p_id THEN
        IF tempost.lock_shard(p_tenant, p_shard_key, p_id) THEN
            PERFORM tempost.give_turn(p_tenant, p_shard_key);
        ELSE
            PERFORM tempost.note_stuck_turn(p_tenant, p_shard_key);
        END IF;
    ELSIF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM tempost.note_stuck_turn(p_tenant, p_shard_key);
    END IF;
END
$$;


CREATE FUNCTION tempost.row_ended() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM tempost.pass_turn(OLD.tenant, OLD.shard_key, OLD.id);
    RETURN NULL;
END
$$;

-- a row that was still in line had no turn to pass on
CREATE TRIGGER outbox_ended AFTER UPDATE OF status ON tempost.outbox
    FOR EACH ROW WHEN (OLD.holds_shard AND NOT NEW.holds_shard AND OLD.waits_for IS DISTINCT FROM 'turn')
    EXECUTE FUNCTION tempost.row_ended();

CREATE TRIGGER outbox_gone AFTER DELETE ON tempost.outbox
    FOR EACH ROW WHEN (OLD.holds_shard AND OLD.waits_for IS DISTINCT FROM 'turn')
    EXECUTE FUNCTION tempost.row_ended();


-- Whether a row of a shard may be sent now. Takes the turn when nobody has it. The caller holds the row's lock, which keeps
-- the turn where it is while the row is dispatched.
CREATE FUNCTION tempost.has_turn(o tempost.outbox) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    holder bigint;
BEGIN
    SELECT s.head INTO holder FROM tempost.shard s WHERE s.tenant = o.tenant AND s.shard_key = o.shard_key;
    IF o.status = 'dispatched' AND holder IS NOT NULL THEN
        RETURN holder = o.id;
    END IF;
    INSERT INTO tempost.shard AS s (tenant, shard_key, head) VALUES (o.tenant, o.shard_key, o.id)
    ON CONFLICT (tenant, shard_key) DO NOTHING;
    SELECT s.head INTO holder FROM tempost.shard s
    WHERE s.tenant = o.tenant AND s.shard_key = o.shard_key FOR NO KEY UPDATE SKIP LOCKED;
    RETURN holder IS NOT DISTINCT FROM o.id;
END
$$;


-- Sees to it that a shard's turn is with a row that is open, and that a claim looks at it. True when that changed anything.
CREATE FUNCTION tempost.mend_turn(p_tenant text, p_shard_key text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    turn bigint;
    head tempost.outbox;
BEGIN
    SELECT s.head INTO turn FROM tempost.shard s
    WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key FOR UPDATE SKIP LOCKED;
    IF NOT FOUND AND EXISTS (SELECT FROM tempost.shard s WHERE s.tenant = p_tenant AND s.shard_key = p_shard_key) THEN
        PERFORM tempost.note_stuck_turn(p_tenant, p_shard_key);
        RETURN false;
    END IF;

    -- before the query: a function beside a column would be called for every row of the table
    turn := coalesce(turn, tempost.first_in_shard(p_tenant, p_shard_key));
    SELECT * INTO head FROM tempost.outbox o WHERE o.id = turn;
    IF head.holds_shard AND NOT (head.status = 'pending' AND head.waits_for IS NOT DISTINCT FROM 'turn') THEN
        RETURN false;
    END IF;
    RETURN tempost.give_turn(p_tenant, p_shard_key);
END
$$;


-- Mends the shards that were noted as stuck, and goes on through all shards, a few at a time, so that nothing that ever went
-- wrong with a turn stays so. Returns how many it mended, and where to go on: empty strings to begin anew.
CREATE FUNCTION tempost.mend_turns(
    p_tenant text, p_shard_key text, p_limit int, OUT mended int, OUT tenant text, OUT shard_key text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    stuck record;
BEGIN
    mended := 0;
    FOR stuck IN
        WITH taken AS (
            DELETE FROM tempost.stuck_turn t
            WHERE t.ctid = ANY (ARRAY(
                SELECT n.ctid FROM tempost.stuck_turn n ORDER BY n.noted_at LIMIT 10 * p_limit FOR UPDATE SKIP LOCKED))
            RETURNING t.tenant, t.shard_key)
        SELECT DISTINCT t.tenant, t.shard_key FROM taken t
    LOOP
        mended := mended + tempost.mend_turn(stuck.tenant, stuck.shard_key)::int;
    END LOOP;

    mend_turns.tenant := p_tenant;
    mend_turns.shard_key := p_shard_key;
    FOR i IN 1..p_limit LOOP
        SELECT n.tenant, n.shard_key INTO stuck FROM (
            (SELECT o.tenant, o.shard_key FROM tempost.outbox o
             WHERE o.holds_shard AND (o.tenant, o.shard_key) > (mend_turns.tenant, mend_turns.shard_key)
             ORDER BY o.tenant, o.shard_key LIMIT 1)
            UNION ALL
            (SELECT s.tenant, s.shard_key FROM tempost.shard s
             WHERE (s.tenant, s.shard_key) > (mend_turns.tenant, mend_turns.shard_key)
             ORDER BY s.tenant, s.shard_key LIMIT 1)) n
        ORDER BY n.tenant, n.shard_key LIMIT 1;
        mend_turns.tenant := coalesce(stuck.tenant, '');
        mend_turns.shard_key := coalesce(stuck.shard_key, '');
        EXIT WHEN stuck.tenant IS NULL;
        mended := mended + tempost.mend_turn(stuck.tenant, stuck.shard_key)::int;
    END LOOP;
END
$$;
