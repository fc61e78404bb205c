-- Backfills: rows from a query, once per event type and version.

CREATE TABLE tempost.backfill (
    event_type  text        NOT NULL
        CONSTRAINT backfill_event_type_form CHECK (event_type ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$'),
    version     int         NOT NULL CONSTRAINT backfill_version_positive CHECK (version > 0),
    query       text        NOT NULL,
    key_column  text        NOT NULL,
    last_key    text,
    enqueued    bigint      NOT NULL DEFAULT 0,
    known       bigint      NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_by  text        NOT NULL DEFAULT session_user,
    advanced_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (event_type, version)
);

COMMENT ON TABLE tempost.backfill IS
    'What ./tempost backfill has enqueued from queries. A version of an event type runs to its end once.';
COMMENT ON COLUMN tempost.backfill.last_key IS
    'The key of the last row of the query that was taken, in the same transaction as the rows; null before the first.';
COMMENT ON COLUMN tempost.backfill.known IS 'Rows of the query that were not enqueued because their dedup_key was in use.';
