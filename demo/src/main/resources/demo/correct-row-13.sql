-- The operator's correction of row 13, whose payload names a team that does not exist: the player's team is 5.
-- Touches nothing once the row is on its way.

UPDATE tempost.outbox
SET payload = jsonb_set(payload, '{team_id}', '5')
WHERE tenant = '1'
  AND dedup_key = 'club-outbox-13'
  AND status = 'pending';
