package dev.tempost.outbox.ledger;

import static java.util.stream.Collectors.toMap;

import dev.tempost.outbox.database.Database;
import dev.tempost.outbox.rows.SuppressionReason;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The ledger of attempts, for rows that one workflow run carries together: one statement for the same step of many attempts. */
public final class BatchLedger {

    /** The number of every attempt that a batch makes: it sends no row twice, and none that was sent before. */
    public static final int ATTEMPT = 1;

    private static final String OPEN = """
        SELECT id, (answer).verdict, (answer).wait_ms, (answer).attempt, (answer).reached,
               left((answer).recipient, 1000) AS recipient, left((answer).payload, %1$d) AS payload,
               left((answer).headers, %1$d) AS headers, (answer).last_error, (answer).last_error_type, (answer).reason
        FROM tempost.open_attempts(?, ?, ?, ?, ?, ? * interval '1 millisecond', ?)
        """.formatted(Ledger.MAX_CONTENT_BYTES + 1);

    private static final String ALIVE =
            "SELECT tempost.prolong_attempts(?, ?, ? * interval '1 millisecond', ? * interval '1 millisecond')";

    private static final String TRANSMITTING = """
        SELECT id FROM tempost.transmit_attempts(
            ?, ?, ? * interval '1 millisecond', ? * interval '1 millisecond') AS id
        """;

    private static final String ACCEPTED = "SELECT id, lag_ms FROM tempost.accept_attempts(?, ?, ?, ?, ?, ?)";

    private static final String REFUSED =
            "SELECT tempost.refuse_carried(?, ?, ?, ?, ?, ?, ?, ?, ?, ? * interval '1 millisecond')";

    private static final String RENEW = "SELECT tempost.renew_carried(?, ?, ? * interval '1 millisecond')";

    private static final String LEAVE = "SELECT tempost.leave_carried(?, ?)";

    /**
     * An attempt to open.
     *
     * @param id the row's id
     * @param messageId what the provider will know the message by
     */
    public record Opening(long id, String messageId) {}

    /**
     * What a provider said when it took a message.
     *
     * @param id the row's id
     * @param reply the provider's reply
     * @param providerMessageId the provider's own name for the message; null where it gave none
     */
    public record Acceptance(
            long id, String reply, @Nullable String providerMessageId) {}

    private final Database database;
    private final String workflowId;
    private final String runId;
    private final String provider;
    private final Set<SuppressionReason> suppressing;

    /**
     * @param workflowId the workflow that carries the rows
     * @param runId its run
     * @param provider who takes them
     * @param suppressing for which reasons a suppressed recipient ends a row; none where it is no mail
     */
    public BatchLedger(
            DataSource dataSource,
            String workflowId,
            String runId,
            String provider,
            Set<SuppressionReason> suppressing) {
        this.database = new Database(dataSource);
        this.workflowId = workflowId;
        this.runId = runId;
        this.provider = provider;
        this.suppressing = suppressing;
    }

    /**
     * Asks the gate, and opens attempts.
     *
     * @param patience how long each may be taken for alive while it connects, from now
     * @return the gate's answers by id; none for a row that is gone
     */
    public Map<Long, Admission> open(List<Opening> openings, Duration patience) {
        return database
                .query(
                        "open attempts of " + openings.size() + " rows of " + workflowId,
                        OPEN,
                        row -> Map.entry(row.getLong("id"), GateAnswer.read(row)),
                        openings.stream().mapToLong(Opening::id).toArray(),
                        openings.stream().map(Opening::messageId).toArray(String[]::new),
                        workflowId,
                        runId,
                        provider,
                        patience.toMillis(),
                        SuppressionReason.words(suppressing))
                .stream()
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /**
     * Prolongs attempts that have not transmitted yet.
     *
     * @param patience from now
     * @param longest since each was opened
     */
    public void alive(Collection<Long> ids, Duration patience, Duration longest) {
        database.query(
                "prolong attempts of " + workflowId,
                ALIVE,
                row -> "",
                array(ids),
                runId,
                patience.toMillis(),
                longest.toMillis());
    }

    /**
     * Moves attempts past their point of no return.
     *
     * @param deadline since each was opened
     * @param reserve how much time must be left before that
     * @return those that may transmit
     */
    public Set<Long> transmitting(Collection<Long> ids, Duration deadline, Duration reserve) {
        return new HashSet<>(database.query(
                "record that " + ids.size() + " rows of " + workflowId + " are being transmitted",
                TRANSMITTING,
                row -> row.getLong("id"),
                array(ids),
                runId,
                deadline.toMillis(),
                reserve.toMillis()));
    }

    /**
     * Records acceptances and delivers their rows.
     *
     * @return by id, how long each took; what is missing has to be recorded by itself
     */
    public Map<Long, Duration> accepted(List<Acceptance> acceptances) {
        return database
                .query(
                        "record the acceptance of " + acceptances.size() + " rows of " + workflowId,
                        ACCEPTED,
                        row -> Map.entry(
                                row.getLong("id"), Duration.ofNanos((long) (row.getDouble("lag_ms") * 1_000_000))),
                        acceptances.stream().mapToLong(Acceptance::id).toArray(),
                        workflowId,
                        runId,
                        provider,
                        acceptances.stream().map(Acceptance::reply).toArray(String[]::new),
                        acceptances.stream().map(Acceptance::providerMessageId).toArray(String[]::new))
                .stream()
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /**
     * Closes an attempt that did not deliver. The row goes back to the claim, to be tried in a workflow of its own; it fails when
     * there is no next attempt.
     *
     * @param retryIn when the next attempt is due; null when there will be none
     */
    public void refused(
            AttemptRef attempt,
            RefusedPhase phase,
            boolean reached,
            String errorType,
            String reply,
            @Nullable Duration retryIn) {
        database.query(
                "record the refusal of row " + attempt.id(),
                REFUSED,
                row -> "",
                attempt.id(),
                attempt.key(),
                workflowId,
                runId,
                provider,
                phase.column(),
                reached,
                errorType,
                reply,
                retryIn == null ? null : retryIn.toMillis());
    }

    /** Prolongs the leases of those that are neither sent nor given back. */
    public void renew(Collection<Long> ids, Duration lease) {
        database.query("renew the leases of " + workflowId, RENEW, row -> "", array(ids), workflowId, lease.toMillis());
    }

    /** Gives back to the claim what was not begun; returns how many rows. */
    public int leave(Collection<Long> ids) {
        Integer left = database.queryOne(
                "give back rows of " + workflowId, LEAVE, row -> row.getInt(1), array(ids), workflowId);
        return left == null ? 0 : left;
    }

    private static long[] array(Collection<Long> ids) {
        return ids.stream().mapToLong(Long::longValue).toArray();
    }
}
