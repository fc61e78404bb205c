package dev.tempost.outbox.ledger;

import dev.tempost.outbox.database.Database;
import dev.tempost.outbox.rows.RowStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The ledger of attempts. Opening an attempt is the gate that every send passes. */
public final class Ledger {

    /** The largest payload and the largest headers that can be sent, in bytes of their text. */
    public static final int MAX_CONTENT_BYTES = 256 << 10;

    // one character more than can be sent: whoever gets it sees that, and no row fills the process that reads it
    private static final String OPEN = """
        SELECT verdict, wait_ms, attempt, reached, left(recipient, 1000) AS recipient, left(payload, %1$d) AS payload,
               left(headers, %1$d) AS headers, last_error, last_error_type, reason, gave_up = 'ambiguous' AS found_ambiguous
        FROM tempost.open_attempt(?, ?, ?, ?, ?, ?, ? * interval '1 millisecond', ?)
        """.formatted(MAX_CONTENT_BYTES + 1);

    // HOT, as the next: no index covers phase or deadline
    private static final String ALIVE = """
        UPDATE tempost.attempt
        SET deadline = least(clock_timestamp() + ? * interval '1 millisecond', started_at + ? * interval '1 millisecond')
        WHERE outbox_id = ? AND attempt = ? AND run_id = ? AND phase = 'connecting' AND finished_at IS NULL
        """;

    private static final String TRANSMITTING = """
        UPDATE tempost.attempt
        SET phase = 'transmitting', deadline = started_at + ? * interval '1 millisecond'
        WHERE outbox_id = ? AND attempt = ? AND run_id = ? AND phase = 'connecting' AND finished_at IS NULL
          AND started_at + ? * interval '1 millisecond' > clock_timestamp() + ? * interval '1 millisecond'
        """;

    private static final String ACCEPTED = "SELECT tempost.accept_attempt(?, ?, ?, ?, ?, ?, ?, ?)";

    private static final String REFUSED = "SELECT 1000 * extract(epoch FROM tempost.refuse_attempt("
            + "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? * interval '1 millisecond'))::float8";

    private static final String MARK = "SELECT answer, wait_ms FROM tempost.mark(?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private final Database database;

    public Ledger(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /**
     * The gate's answer.
     *
     * @param admission who may send
     * @param foundAmbiguous whether the gate gave up an earlier attempt that may have been accepted, and recorded it so
     */
    public record Opened(Admission admission, boolean foundAmbiguous) {}

    /**
     * Asks the gate; a {@link Admission.Send} opens an attempt, in the same statement.
     *
     * @param reset whether the run is a reset of an earlier one, which may take a failed or pending row
     * @param messageId what the provider will know the message by; the same for every attempt
     * @param patience how long it may be taken for alive while it connects, from now, on the database's clock; {@link #alive}
     *     prolongs it
     * @param park whether an attempt that may have been accepted forbids another
     */
    public Opened open(
            long id,
            UUID key,
            String runId,
            boolean reset,
            String provider,
            String messageId,
            Duration patience,
            boolean park) {
        Opened opened = database.queryOne(
                "open an attempt of row " + id,
                OPEN,
                row -> new Opened(GateAnswer.read(row), row.getBoolean("found_ambiguous")),
                id,
                key,
                runId,
                reset,
                provider,
                messageId,
                patience.toMillis(),
                park);
        return Objects.requireNonNull(opened, "open_attempt always answers");
    }

    /**
     * Prolongs an attempt that is still connecting.
     *
     * @param patience from now
     * @param longest since the attempt was opened
     */
    public void alive(AttemptRef attempt, Duration patience, Duration longest) {
        database.update(
                "prolong the attempt of row " + attempt.id(),
                ALIVE,
                patience.toMillis(),
                longest.toMillis(),
                attempt.id(),
                attempt.attempt(),
                attempt.runId());
    }

    /**
     * Moves an attempt past its point of no return: from here on only its deadline ends it.
     *
     * @param deadline since the attempt was opened
     * @param reserve how much time must be left before the deadline, to read the reply
     * @return false when the attempt may not transmit any more
     */
    public boolean transmitting(AttemptRef attempt, Duration deadline, Duration reserve) {
        return database.update(
                        "record that row " + attempt.id() + " is being transmitted",
                        TRANSMITTING,
                        deadline.toMillis(),
                        attempt.id(),
                        attempt.attempt(),
                        attempt.runId(),
                        deadline.toMillis(),
                        reserve.toMillis())
                == 1;
    }

    /**
     * Records an acceptance and delivers the row, in one statement. Changes nothing when repeated.
     *
     * @param providerMessageId the provider's own name for the message; null where it gave none
     * @return the time from the row's creation, or its {@code deliver_after}, to its acceptance; null when the row was
     *     delivered already or is gone
     */
    public @Nullable Duration accepted(
            AttemptRef attempt, String provider, String reply, @Nullable String providerMessageId) {
        Double lagMillis = database.queryOne(
                "record the acceptance of row " + attempt.id(),
                ACCEPTED,
                row -> row.getObject(1, Double.class),
                attempt.id(),
                attempt.key(),
                attempt.attempt(),
                attempt.workflowId(),
                attempt.runId(),
                provider,
                reply,
                providerMessageId);
        return lagMillis == null ? null : Duration.ofNanos((long) (lagMillis * 1_000_000));
    }

    /**
     * Closes an attempt that did not deliver. The row stays dispatched: its workflow decides what follows. Repeated, or after
     * the gate has given the attempt up, it only corrects the ledger.
     *
     * @param phase how it ended
     * @param reached whether it counts as an attempt that reached the provider
     * @param retryIn when the next attempt is due; null when there will be none
     * @return when the next attempt is due, no later than the row's {@code expires_at}; null when there will be none
     */
    public @Nullable Duration refused(
            AttemptRef attempt,
            String provider,
            RefusedPhase phase,
            boolean reached,
            String errorType,
            String reply,
            @Nullable Duration retryIn) {
        Double retryMillis = database.queryOne(
                "record the refusal of row " + attempt.id(),
                REFUSED,
                row -> row.getObject(1, Double.class),
                attempt.id(),
                attempt.key(),
                attempt.attempt(),
                attempt.workflowId(),
                attempt.runId(),
                provider,
                phase.column(),
                reached,
                errorType,
                reply,
                retryIn == null ? null : retryIn.toMillis());
        return retryMillis == null ? null : Duration.ofMillis((long) Math.ceil(retryMillis));
    }

    /** Marks a row with its workflow's outcome, unless it has one already. */
    public Marked mark(Mark mark) {
        Marked marked = database.queryOne(
                "mark row " + mark.id() + " " + mark.status().column(),
                MARK,
                Ledger::marked,
                mark.id(),
                mark.key(),
                mark.runId(),
                mark.workflowId(),
                mark.reset(),
                mark.status().column(),
                mark.error(),
                mark.errorType(),
                mark.reason());
        return Objects.requireNonNull(marked, "mark always answers");
    }

    private static Marked marked(ResultSet row) throws SQLException {
        String answer = row.getString("answer");
        return switch (answer) {
            case "send_again" -> new Marked.SendAgain();
            case "in_progress" -> new Marked.InProgress(Duration.ofMillis(row.getLong("wait_ms")));
            case "missing" -> new Marked.Missing();
            default -> new Marked.Is(RowStatus.of(answer));
        };
    }
}
