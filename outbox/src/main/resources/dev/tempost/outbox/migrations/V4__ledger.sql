-- The ledger of attempts, and the providers they go through.

CREATE TABLE tempost.attempt (
    outbox_id   bigint      NOT NULL REFERENCES tempost.outbox ON DELETE CASCADE,
    attempt     int         NOT NULL,
    run_id      text        NOT NULL,
    provider    text        NOT NULL,
    message_id  text,
    phase       text        NOT NULL DEFAULT 'connecting'
        CONSTRAINT attempt_phase_name CHECK (phase IN (
            'connecting', 'transmitting', 'accepted', 'rejected', 'transient', 'ambiguous')),
    reached     boolean     NOT NULL DEFAULT false,
    reported    boolean     NOT NULL DEFAULT false,
    reply       text,
    deadline    timestamptz NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    PRIMARY KEY (outbox_id, attempt)
) WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.02
);

COMMENT ON TABLE tempost.attempt IS 'The ledger: one row per attempt to send, opened before it and closed after it.';
COMMENT ON COLUMN tempost.attempt.deadline IS
    'When its sender may be called dead. A sender that is still connecting moves it on; one that transmits does not.';
COMMENT ON COLUMN tempost.attempt.reached IS
    'The provider answered for this message, or may have: the attempt counts towards max-attempts.';

COMMENT ON COLUMN tempost.attempt.reported IS
    'Its sender said what came of it. Not so when the gate closed it after its deadline, because its process had died.';

-- one open attempt per row; by finished_at rather than phase, so that connecting -> transmitting stays a HOT update
CREATE UNIQUE INDEX attempt_open ON tempost.attempt (outbox_id) WHERE finished_at IS NULL;


CREATE TABLE tempost.provider (
    name       text PRIMARY KEY,
    down_since timestamptz,
    probe_at   timestamptz,
    probes     int NOT NULL DEFAULT 0,
    hold       boolean NOT NULL DEFAULT false,
    error_type text,
    error      text,
    CONSTRAINT provider_down_is_probed CHECK ((down_since IS NULL) = (probe_at IS NULL))
);

COMMENT ON TABLE tempost.provider IS
    'Providers that were in trouble. While one is down nothing is sent through it, and one replica at a time probes it.';
COMMENT ON COLUMN tempost.provider.down_since IS 'Null while it is up.';
COMMENT ON COLUMN tempost.provider.hold IS
    'Whether it asked to be left alone until probe_at, and is sent through again from then on without a probe.';
COMMENT ON COLUMN tempost.provider.probes IS 'Probes that failed since it went down.';
