-- Personal data leaves: content some time after a row's end, and everything about somebody who asks for it.

-- Removes the content of rows whose locks the caller holds: what they were to say, to whom, and what was answered.
CREATE FUNCTION tempost.scrub_rows(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE tempost.attempt a SET reply = NULL WHERE a.outbox_id = ANY (p_ids) AND a.reply IS NOT NULL;
    UPDATE tempost.audit a SET before = NULL, after = NULL WHERE a.outbox_id = ANY (p_ids) AND a.before IS NOT NULL;
    UPDATE tempost.outbox o
    SET recipient = NULL, payload = '{}', headers = '{}', last_error = NULL, scrubbed_at = clock_timestamp()
    WHERE o.id = ANY (p_ids);
END
$$;


-- Scrubs finished rows of a status, at most so many; returns how many. Index outbox_finished, bounded by now(). A row that somebody
-- holds is left for another time.
CREATE FUNCTION tempost.scrub(p_status text, p_age interval, p_limit int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old bigint[] := ARRAY(
        SELECT o.id FROM tempost.outbox o
        WHERE o.status = p_status AND (o.scrubbed_at IS NULL) = true AND o.finished_at < now() - p_age
        ORDER BY o.finished_at LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED);
BEGIN
    PERFORM tempost.scrub_rows(old);
    RETURN cardinality(old);
END
$$;


-- What an erasure did with one stretch of the table.
--   removed     rows that are gone, with their attempts and what the audit said about them
--   in_flight   rows that are being delivered: they are cancelled before their next attempt, and removed by another erasure
--   last        the last row that was looked at; null when there are no more
CREATE TYPE tempost.erasure AS (removed int, in_flight int, last bigint);


-- Removes the rows of a recipient, whatever its case, or of a tenant, among the next p_limit rows after one.
CREATE FUNCTION tempost.erase(p_recipient text, p_tenant text, p_after bigint, p_limit int, p_actor text)
RETURNS tempost.erasure
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    done tempost.erasure;
    gone bigint[];
    held bigint[];
BEGIN
    IF p_recipient IS NULL AND p_tenant IS NULL THEN
        RAISE EXCEPTION 'erase: whose rows? Neither a recipient nor a tenant was given'
            USING HINT = 'Name one of them.', ERRCODE = 'invalid_parameter_value';
    END IF;
    done.last := (
        SELECT max(s.id) FROM (SELECT o.id FROM tempost.outbox o WHERE o.id > p_after ORDER BY o.id LIMIT p_limit) s);

    SELECT coalesce(array_agg(l.id) FILTER (WHERE l.status <> 'dispatched'), '{}'),
           coalesce(array_agg(l.id) FILTER (WHERE l.status = 'dispatched'), '{}')
    INTO gone, held
    FROM (
        SELECT o.id, o.status FROM tempost.outbox o
        WHERE o.id > p_after AND o.id <= done.last
          AND (p_recipient IS NULL OR lower(o.recipient) = lower(p_recipient))
          AND (p_tenant IS NULL OR o.tenant = p_tenant)
        ORDER BY o.id FOR UPDATE) l;
    done.in_flight := tempost.cancel_rows(held, 'erased');
    DELETE FROM tempost.audit a WHERE a.outbox_id = ANY (gone || held) OR a.tenant = p_tenant AND p_recipient IS NULL;
    DELETE FROM tempost.bulk_action b WHERE lower(b.filter ->> 'recipient') = lower(p_recipient);
    DELETE FROM tempost.outbox o WHERE o.id = ANY (gone);
    done.removed := cardinality(gone);
    IF done.removed > 0 THEN
        -- not whose: that would be what was to go
        PERFORM tempost.write_audit(p_actor, 'erase', NULL, NULL, done.removed || ' rows');
    END IF;
    RETURN done;
END
$$;
