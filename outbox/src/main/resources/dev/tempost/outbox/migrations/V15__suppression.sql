-- Addresses that get no mail: they bounced, complained or unsubscribed, or somebody said so. The gate looks them up.

CREATE TABLE tempost.suppression (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text        CONSTRAINT suppression_tenant_form CHECK (tenant ~ '^[a-z0-9_-]+$' AND length(tenant) <= 63),
    address    text        NOT NULL CONSTRAINT suppression_address_form
        CHECK (address ~ '^[^[:space:]@<>(),;:"]*@[^[:space:]@<>(),;:"]+$' AND length(address) <= 320),
    reason     text        NOT NULL CONSTRAINT suppression_reason_name
        CHECK (reason IN ('unsubscribed', 'hard_bounce', 'complaint', 'manual')),
    note       text        CONSTRAINT suppression_note_form CHECK (length(note) <= 500),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text        NOT NULL DEFAULT session_user,
    expires_at timestamptz CONSTRAINT suppression_end_is_finite CHECK (isfinite(expires_at))
);

COMMENT ON TABLE tempost.suppression IS
    'Addresses that get no mail. They outlive the erasure of their rows: without them nobody would know whom not to write to.';
COMMENT ON COLUMN tempost.suppression.tenant IS 'Whose mail it does not get; null for everybody''s.';
COMMENT ON COLUMN tempost.suppression.address IS 'In lower case, as tempost.addresses_in reads it; @domain for all of a domain.';
COMMENT ON COLUMN tempost.suppression.note IS 'Whatever helps to understand it; no personal data.';
COMMENT ON COLUMN tempost.suppression.expires_at IS 'When it ends by itself; null when only somebody ends it.';

-- the gate's: one probe for each pair of address and tenant. No other one has its expressions, so that it takes no other.
CREATE UNIQUE INDEX suppression_address ON tempost.suppression (address, coalesce(tenant, ''), reason);

CREATE INDEX suppression_tenant ON tempost.suppression (tenant, id);

CREATE INDEX suppression_ending ON tempost.suppression (expires_at) WHERE expires_at IS NOT NULL;


-- Every address that a text names, in lower case, and the domain of each as @domain. A recipient is one address, with a name
-- or a comment beside it perhaps; whatever looks like an address there counts, so that no spelling gets around the list. Case
-- is that of ASCII, whatever the database's locale does to an I; beyond ASCII that of the locale.
CREATE FUNCTION tempost.addresses_in(p_text text) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    plain text := p_text;
    found text[];
BEGIN
    IF octet_length(p_text) > length(p_text) AND getdatabaseencoding() = 'UTF8' THEN
        -- wide letters, and the other full stop that domains have; what a domain's name is read without is left out
        plain := regexp_replace(
            p_text, '[\u00AD\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\U000E0000-\U000E0FFF]',
            '', 'g');
        plain := lower(lower(translate(normalize(plain, NFKC), chr(12290), '.') COLLATE "C") COLLATE "default");
    END IF;
    SELECT array_agg(m.address[1]) INTO found
    FROM regexp_matches(lower(plain COLLATE "C"), '[^[:space:]@<>(),;:"]*@[^[:space:]@<>(),;:"]+', 'g') m (address);
    RETURN found || ARRAY(SELECT '@' || split_part(a.address, '@', 2) FROM unnest(found) a (address));
END
$$;


-- Why a recipient gets no mail of a tenant, in words; null when nothing speaks against it. Index suppression_address, whatever
-- a plan that was made while the table was small would rather do; planned once, since planning costs six times as much as looking.
--   p_reasons   those that count
CREATE FUNCTION tempost.suppressed_by(p_tenant text, p_recipient text, p_reasons text[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    named CONSTANT text[] := tempost.addresses_in(p_recipient);
    s     tempost.suppression;
BEGIN
    SELECT * INTO s FROM tempost.suppression c
    WHERE c.address = ANY (named) AND coalesce(c.tenant, '') IN ('', p_tenant) AND c.reason = ANY (p_reasons)
      AND (c.expires_at IS NULL OR c.expires_at > now())
    ORDER BY c.address LIKE '@%', c.reason LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN 'its ' || CASE WHEN s.address LIKE '@%' THEN 'domain' ELSE 'address' END || ' is suppressed: '
        || CASE s.reason
               WHEN 'unsubscribed' THEN 'unsubscribed'
               WHEN 'hard_bounce' THEN 'mail to it bounced for good'
               WHEN 'complaint' THEN 'a complaint about mail to it'
               ELSE 'by an operator'
           END;
END
$$;


-- Puts addresses on the list, and returns how many entries are new or changed. One that is there never becomes shorter: its end
-- is the later of both.
CREATE FUNCTION tempost.put_suppressions(
    p_addresses text[], p_reasons text[], p_tenants text[], p_notes text[], p_ends timestamptz[], p_actor text
) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed int;
BEGIN
    INSERT INTO tempost.suppression AS s (address, reason, tenant, note, expires_at, created_by)
    SELECT DISTINCT ON (1, coalesce(g.tenant, ''), 2)
           CASE WHEN g.address LIKE '@%' THEN (tempost.addresses_in('x' || g.address))[2]
                ELSE (tempost.addresses_in(g.address))[1] END,
           g.reason, g.tenant, g.note, g.ends, coalesce(p_actor, session_user)
    FROM unnest(p_addresses, p_reasons, p_tenants, p_notes, p_ends) g (address, reason, tenant, note, ends)
    ORDER BY 1, coalesce(g.tenant, ''), 2, g.ends DESC NULLS FIRST
    ON CONFLICT (address, coalesce(tenant, ''), reason) DO UPDATE
    SET expires_at = CASE WHEN s.expires_at IS NOT NULL AND excluded.expires_at IS NOT NULL
                          THEN greatest(s.expires_at, excluded.expires_at) END,
        note = coalesce(excluded.note, s.note)
    WHERE s.expires_at IS NOT NULL AND (excluded.expires_at IS NULL OR excluded.expires_at > s.expires_at)
       OR s.note IS DISTINCT FROM coalesce(excluded.note, s.note);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;


CREATE FUNCTION tempost.suppress(
    address    text,
    reason     text,
    tenant     text        DEFAULT NULL,
    note       text        DEFAULT NULL,
    expires_at timestamptz DEFAULT NULL,
    actor      text        DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF suppress.address IS NULL OR suppress.address !~ '^[^[:space:]@<>(),;:"]*@[^[:space:]@<>(),;:"]+$' THEN
        RAISE EXCEPTION 'suppress: that is neither an address nor a domain'
            USING HINT = 'Write ann@example.org, without a name, or @example.org for all of a domain.',
                ERRCODE = 'invalid_parameter_value';
    ELSIF suppress.tenant !~ '^[a-z0-9_-]{1,63}$' OR length(suppress.note) > 500 THEN
        RAISE EXCEPTION 'suppress: the tenant is no name of one, or the note is longer than 500 characters'
            USING HINT = 'Correct it, or leave it out.', ERRCODE = 'invalid_parameter_value';
    ELSIF suppress.expires_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'suppress: it cannot end at %', suppress.expires_at
            USING HINT = 'Name a time to come, or none.', ERRCODE = 'invalid_parameter_value';
    END IF;
    IF tempost.put_suppressions(
            ARRAY[suppress.address], ARRAY[suppress.reason], ARRAY[suppress.tenant], ARRAY[suppress.note],
            ARRAY[suppress.expires_at], suppress.actor) = 0 THEN
        RETURN false;
    END IF;
    -- not whom: the list says that, and only as long as it has to
    PERFORM tempost.write_audit(
        suppress.actor, 'suppress', NULL, suppress.tenant,
        suppress.reason || coalesce(', until ' || suppress.expires_at, ''));
    RETURN true;
END
$$;

COMMENT ON FUNCTION tempost.suppress IS
    'Sends no more mail to an address, or to a whole domain (@example.org): a tenant''s, or everybody''s when tenant is null. False '
    'when the list said so already, for as long at least.';


-- The same for many; an element of each array belongs to one. Returns how many entries are new or changed.
CREATE FUNCTION tempost.suppress_all(
    addresses text[], reasons text[], tenants text[], notes text[], ends timestamptz[], actor text DEFAULT NULL
) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed int := tempost.put_suppressions(addresses, reasons, tenants, notes, ends, actor);
BEGIN
    IF changed > 0 THEN
        PERFORM tempost.write_audit(actor, 'suppress', NULL, NULL, changed || ' imported');
    END IF;
    RETURN changed;
END
$$;


CREATE FUNCTION tempost.unsuppress(
    address text,
    reason  text DEFAULT NULL,
    tenant  text DEFAULT NULL,
    actor   text DEFAULT NULL
) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    named  CONSTANT text[] := tempost.addresses_in(
        CASE WHEN unsuppress.address LIKE '@%' THEN 'x' ELSE '' END || unsuppress.address);
    ended  text[];
BEGIN
    WITH gone AS (
        DELETE FROM tempost.suppression s
        WHERE s.address = named[CASE WHEN unsuppress.address LIKE '@%' THEN 2 ELSE 1 END]
          AND coalesce(s.tenant, '') = coalesce(unsuppress.tenant, '')
          AND (unsuppress.reason IS NULL OR s.reason = unsuppress.reason)
        RETURNING s.reason)
    SELECT array_agg(g.reason ORDER BY g.reason) INTO ended FROM gone g;
    IF ended IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM tempost.write_audit(unsuppress.actor, 'unsuppress', NULL, unsuppress.tenant, array_to_string(ended, ', '));
    RETURN cardinality(ended);
END
$$;

COMMENT ON FUNCTION tempost.unsuppress IS
    'Takes an address or a domain off the list: the entries of one tenant, or, when tenant is null, those for everybody; of one '
    'reason, or of all. Returns how many. Rows that ended suppressed stay so: resend sends their message.';


-- Removes suppressions of a tenant that leaves, so many at most; returns how many.
CREATE FUNCTION tempost.erase_suppressions(tenant text, p_limit int, actor text DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    gone int;
BEGIN
    DELETE FROM tempost.suppression d WHERE d.id = ANY (ARRAY(
        SELECT s.id FROM tempost.suppression s WHERE s.tenant = erase_suppressions.tenant
        ORDER BY s.id LIMIT p_limit FOR UPDATE));
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone > 0 THEN
        PERFORM tempost.write_audit(erase_suppressions.actor, 'erase', NULL, NULL, gone || ' suppressions');
    END IF;
    RETURN gone;
END
$$;
