-- Who may call the ops API and open the console, and what was answered to requests that may come twice.

CREATE TABLE tempost.token (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text        NOT NULL CONSTRAINT token_name_form CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9_.@:-]*$' AND length(name) <= 63),
    role       text        NOT NULL CONSTRAINT token_role_name CHECK (role IN ('viewer', 'operator', 'admin')),
    hash       bytea       NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text        NOT NULL,
    expires_at timestamptz CONSTRAINT token_end_is_finite CHECK (isfinite(expires_at)),
    used_at    timestamptz,
    revoked_at timestamptz
);

COMMENT ON TABLE tempost.token IS 'API tokens, those of the past included. A token itself is nowhere: only its SHA-256.';
COMMENT ON COLUMN tempost.token.name IS 'Whose it is: what it does stands under this name in the audit.';
COMMENT ON COLUMN tempost.token.used_at IS 'When it was last used, to the minute. Null when never.';

-- of two people under one name the audit could not tell who it was
CREATE UNIQUE INDEX token_live ON tempost.token (name) WHERE revoked_at IS NULL;

-- those that logins made leave a day after their end; their names alone have a colon
CREATE INDEX token_login_end ON tempost.token (least(revoked_at, expires_at)) WHERE name LIKE 'login:%';


CREATE TABLE tempost.login_key (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    key      bytea   NOT NULL
);

COMMENT ON TABLE tempost.login_key IS
    'What encrypts the cookie of whoever is at the identity provider: all replicas read it, so that any of them finishes the login.';

INSERT INTO tempost.login_key (key)
SELECT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));


CREATE TABLE tempost.answered (
    actor       text        NOT NULL,
    key         text        NOT NULL,
    request     bytea       NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    status      int,
    body        text,
    PRIMARY KEY (actor, key)
);

COMMENT ON TABLE tempost.answered IS
    'Requests that came with an Idempotency-Key, and what was answered. Kept for a day.';
COMMENT ON COLUMN tempost.answered.request IS 'The SHA-256 of what was asked.';
COMMENT ON COLUMN tempost.answered.status IS
    'The HTTP status of the answer. Null while it is being done, and for ever when its process died over it.';

CREATE INDEX answered_oldest ON tempost.answered (answered_at);
