package dev.tempost.outbox.ledger;

import dev.tempost.outbox.rows.RowStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

/** Reads what {@code tempost.open_attempt} answers: a word, and the columns that go with it. */
final class GateAnswer {

    private GateAnswer() {}

    static Admission read(ResultSet row) throws SQLException {
        String verdict = row.getString("verdict");
        return switch (verdict) {
            case "send" ->
                new Admission.Send(
                        row.getInt("attempt"),
                        row.getInt("reached"),
                        row.getString("recipient"),
                        row.getString("payload"),
                        row.getString("headers"));
            case "in_progress" -> new Admission.InProgress(Duration.ofMillis(row.getLong("wait_ms")));
            case "provider_down" ->
                new Admission.ProviderDown(
                        Duration.ofMillis(row.getLong("wait_ms")),
                        row.getString("last_error_type"),
                        row.getString("last_error"));
            case "paused" -> new Admission.Paused(Duration.ofMillis(row.getLong("wait_ms")), row.getString("reason"));
            case "snoozed" -> new Admission.Snoozed(Duration.ofMillis(row.getLong("wait_ms")));
            case "not_its_turn" -> new Admission.NotItsTurn(Duration.ofMillis(row.getLong("wait_ms")));
            case "locked" -> new Admission.Locked(Duration.ofMillis(row.getLong("wait_ms")));
            case "not_dispatched" -> new Admission.NotDispatched();
            case "parked" -> new Admission.Parked();
            case "missing" -> new Admission.Missing();
            default ->
                new Admission.Ended(
                        RowStatus.of(verdict),
                        row.getString("reason"),
                        row.getString("last_error_type"),
                        row.getString("last_error"));
        };
    }
}
