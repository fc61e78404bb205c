-- Takes the club's old outbox over, row by row in the old order, so that on an empty tempost.outbox the ids stay
-- 1 to 33. What was sent stays sent, what failed keeps its attempts and its error, what waits is delivered.
-- The deduplication key makes a second run a no-op.
--
-- Pending rows are claimed as soon as this commits: correct row 13 in the same transaction.

SELECT tempost.import(
    event_type      => old.event_type,
    recipient       => old.payload ->> 'email',
    payload         => old.payload,
    tenant          => '1',
    status          => CASE old.status WHEN 'processed' THEN 'delivered' ELSE old.status END,
    attempts        => old.attempts,
    last_error      => old.last_error,
    last_error_type => CASE WHEN old.last_error LIKE '%invalid_grant%' THEN 'CredentialsRejected' END,
    last_error_at   => CASE WHEN old.last_error IS NOT NULL THEN old.processed_at END,
    created_at      => old.created_at,
    finished_at     => old.processed_at,
    dedup_key       => 'club-outbox-' || old.id,
    reason          => CASE old.status
                           WHEN 'processed' THEN 'delivered by the old outbox'
                           WHEN 'failed' THEN 'failed in the old outbox'
                       END)
FROM (SELECT * FROM club.outbox_events WHERE tenant_id = 1 ORDER BY id) AS old;
