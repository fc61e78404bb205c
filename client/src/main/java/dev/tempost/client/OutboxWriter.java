package dev.tempost.client;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes messages into the outbox, in the caller's own transaction: they are delivered if, and only if, it commits.
 *
 * <pre>{@code
 * OutboxWriter outbox = new OutboxWriter();
 * try (Connection connection = dataSource.getConnection()) {
 *     connection.setAutoCommit(false);
 *     createAccount(connection, account);
 *     outbox.enqueue(connection, OutboxMessage.of("welcome")
 *             .recipient(account.email())
 *             .payloadJson("{\"name\": \"Ada\"}")
 *             .dedupKey("welcome:" + account.id())
 *             .build());
 *     connection.commit();
 * }
 * }</pre>
 *
 * <p>Nothing here commits, rolls back, closes the connection or changes its auto-commit. With auto-commit on, every call
 * is a transaction of its own, and nothing ties the message to what the caller wrote.
 *
 * <p>Under Spring, ask for the connection of the running transaction inside a {@code @Transactional} method:
 * {@code Connection connection = DataSourceUtils.getConnection(dataSource)}, and give it back with
 * {@code DataSourceUtils.releaseConnection(connection, dataSource)}. A {@code dataSource.getConnection()} there would be
 * another connection and another transaction.
 *
 * <p>An {@link SQLException} leaves a PostgreSQL transaction fit for nothing but a rollback: let it take the caller's work
 * along, or set a savepoint first.
 *
 * <p>Thread-safe, as it has no state; a connection is not.
 */
public final class OutboxWriter {

    private static final String ENQUEUE = "SELECT tempost.enqueue(?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?)";
    private static final String CANCEL_JOB = "SELECT tempost.cancel_job(?, ?, ?)";

    /** One instance serves a whole application. */
    public OutboxWriter() {}

    /**
     * Inserts a message.
     *
     * <p>With a {@code shardKey}, waits for concurrent transactions that have enqueued into the same shard and are not
     * finished: keep such transactions short.
     *
     * @param callersTransaction the connection whose transaction the message belongs to
     * @return the row's id; when the message has a {@code dedupKey} that its tenant has used, nothing is inserted and this
     *     is the id of the row that used it first
     * @throws SQLException when PostgreSQL refuses: the schema is missing, JSON is not JSON (SQLSTATE 22P02), the row that caused
     *     it does not exist (23503) or ends a chain of ten (54000), or the connection is lost
     */
    public long enqueue(Connection callersTransaction, OutboxMessage message) throws SQLException {
        Objects.requireNonNull(message, "message");
        try (PreparedStatement statement = callersTransaction.prepareStatement(ENQUEUE)) {
            return enqueue(statement, message);
        }
    }

    /**
     * Inserts messages, in their order, all or none when the caller's transaction so ends.
     *
     * <p>To avoid deadlocks between transactions that enqueue into several shards, enqueue in the same order of shards
     * everywhere.
     *
     * @param callersTransaction the connection whose transaction the messages belong to
     * @return an id per message, in the order of the messages, as {@link #enqueue} returns it
     * @throws SQLException as {@link #enqueue} does, at the first message that is refused
     */
    public List<Long> enqueueAll(Connection callersTransaction, List<OutboxMessage> messages) throws SQLException {
        List<OutboxMessage> all = List.copyOf(messages);
        List<Long> ids = new ArrayList<>(all.size());
        try (PreparedStatement statement = callersTransaction.prepareStatement(ENQUEUE)) {
            for (OutboxMessage message : all) {
                ids.add(enqueue(statement, message));
            }
        }
        return List.copyOf(ids);
    }

    /**
     * Cancels the messages of a job: pending ones at once, those in flight before their next attempt. One that is being
     * sent at this moment may still arrive.
     *
     * @param callersTransaction the connection whose transaction the cancellation belongs to
     * @param tenant the tenant of the job; {@link OutboxMessage#DEFAULT_TENANT} where there are no tenants
     * @param jobId the {@code jobId} of the messages
     * @param reason why, for those who look at the rows later: no personal data
     * @return how many messages were pending or in flight
     * @throws SQLException when the schema is missing or the connection is lost
     */
    public int cancelJob(Connection callersTransaction, String tenant, String jobId, String reason)
            throws SQLException {
        try (PreparedStatement statement = callersTransaction.prepareStatement(CANCEL_JOB)) {
            statement.setString(1, Objects.requireNonNull(tenant, "tenant"));
            statement.setString(2, Objects.requireNonNull(jobId, "jobId"));
            statement.setString(3, Objects.requireNonNull(reason, "reason"));
            return (int) number(statement);
        }
    }

    private static long enqueue(PreparedStatement statement, OutboxMessage message) throws SQLException {
        statement.setString(1, message.eventType());
        statement.setString(2, message.recipient());
        statement.setString(3, message.payloadJson());
        statement.setString(4, message.tenant());
        statement.setString(5, message.shardKey());
        statement.setString(6, message.objectKey());
        statement.setString(7, message.jobId());
        statement.setString(8, message.dedupKey());
        statement.setInt(9, message.priority());
        timestamp(statement, 10, message.deliverAfter());
        timestamp(statement, 11, message.expiresAt());
        statement.setString(12, message.headersJson());
        statement.setObject(13, message.causedBy(), Types.BIGINT);
        return number(statement);
    }

    private static void timestamp(PreparedStatement statement, int position, @Nullable Instant instant)
            throws SQLException {
        if (instant == null) {
            statement.setNull(position, Types.TIMESTAMP_WITH_TIMEZONE);
        } else {
            statement.setObject(position, OffsetDateTime.ofInstant(instant, ZoneOffset.UTC));
        }
    }

    private static long number(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("PostgreSQL answered without a row");
            }
            return row.getLong(1);
        }
    }
}
