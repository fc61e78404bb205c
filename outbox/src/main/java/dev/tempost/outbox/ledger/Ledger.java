package dev.tempost.outbox.ledger;

import dev.tempost.outbox.database.Database;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.SuppressionReason;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The ledger of attempts, for rows with a workflow of their own: one statement for each step of each attempt. */
public final class Ledger implements AttemptLedger {

    /** The largest payload and the largest headers that can be sent, in bytes of their text. */
    public static final int MAX_CONTENT_BYTES = 256 << 10;

    // one character more than can be sent: whoever gets it sees that, and no row fills the process that reads it
    private static final String OPEN = """
        SELECT verdict, wait_ms, attempt, reached, left(recipient, 1000) AS recipient, left(payload, %1$d) AS payload,
               left(headers, %1$d) AS headers, last_error, last_error_type, reason, gave_up = 'ambiguous' AS found_ambiguous
        FROM tempost.open_attempt(?, ?, ?, ?, ?, ?, ? * interval '1 millisecond', ?, ?)
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

    @Override
    public Opened open(
            long id,
            UUID key,
            String runId,
            boolean reset,
            String provider,
            String messageId,
            Duration patience,
            boolean park,
            Set<SuppressionReason> suppressing) {
        long askedAt = System.nanoTime();
        Opened opened = database.queryOne(
                "open an attempt of row " + id,
                OPEN,
                row -> new Opened(GateAnswer.read(row), row.getBoolean("found_ambiguous"), askedAt),
                id,
                key,
                runId,
                reset,
                provider,
                messageId,
                patience.toMillis(),
                park,
                SuppressionReason.words(suppressing));
        return Objects.requireNonNull(opened, "open_attempt always answers");
    }

    @Override
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

    @Override
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

    @Override
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

    /** The row stays dispatched: its workflow decides what follows. */
    @Override
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
