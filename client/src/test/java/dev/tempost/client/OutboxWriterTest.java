package dev.tempost.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class OutboxWriterTest {

    @AutoClose
    private final TestDatabase database = TestDatabase.create();

    private final Connection connection = database.connect();
    private final OutboxWriter outbox = new OutboxWriter();

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
    }

    private long rows() {
        return database.number("SELECT count(*) FROM tempost.outbox");
    }

    private static OutboxMessage welcome() {
        return OutboxMessage.of("welcome").build();
    }

    @Test
    void whatCommitsIsInTheOutbox() throws SQLException {
        connection.setAutoCommit(false);
        long id = outbox.enqueue(connection, welcome());
        assertThat(rows()).isZero();
        assertThat(connection.getAutoCommit()).isFalse();
        connection.commit();
        assertThat(database.number("SELECT id FROM tempost.outbox")).isEqualTo(id);
    }

    @Test
    void whatRollsBackIsNot() throws SQLException {
        connection.setAutoCommit(false);
        outbox.enqueue(connection, welcome());
        outbox.enqueueAll(connection, List.of(welcome(), welcome()));
        connection.rollback();
        assertThat(rows()).isZero();
    }

    @Test
    void withAutoCommitEveryMessageIsATransaction() throws SQLException {
        outbox.enqueue(connection, welcome());
        assertThat(connection.getAutoCommit()).isTrue();
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void everyFieldArrives() throws SQLException {
        long id = outbox.enqueue(
                connection,
                OutboxMessage.of("welcome")
                        .recipient("a@example.org")
                        .payloadJson("{\"name\": \"Ada\"}")
                        .tenant("acme")
                        .shardKey("s")
                        .objectKey("o")
                        .jobId("j")
                        .dedupKey("d")
                        .priority(1)
                        .deliverAfter(Instant.parse("2030-01-01T00:00:00.123456Z"))
                        .expiresAt(Instant.parse("2031-01-01T00:00:00Z"))
                        .headersJson("{\"traceparent\": \"00\"}")
                        .build());
        assertThat(database.text("""
                        SELECT (event_type, recipient, payload, tenant, shard_key, object_key, job_id, dedup_key, priority,
                                deliver_after, expires_at, headers)
                             = ('welcome', 'a@example.org', '{"name": "Ada"}'::jsonb, 'acme', 's', 'o', 'j', 'd', 1,
                                '2030-01-01 00:00:00.123456Z'::timestamptz, '2031-01-01 00:00Z'::timestamptz,
                                '{"traceparent": "00"}'::jsonb)
                        FROM tempost.outbox WHERE id = ?\
                        """, id)).isEqualTo("true");
    }

    @Test
    void aChainOfMessagesThatCauseEachOtherComesToAnEnd() throws SQLException {
        long cause = outbox.enqueue(connection, welcome());
        for (int link = 1; link <= 10; link++) {
            cause = outbox.enqueue(
                    connection, OutboxMessage.of("welcome").causedBy(cause).build());
        }
        OutboxMessage tooDeep = OutboxMessage.of("welcome").causedBy(cause).build();

        assertThatThrownBy(() -> outbox.enqueue(connection, tooDeep))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("54000"))
                .hasMessageContaining("row " + cause + " (welcome) is the end of a chain of 10 rows")
                .hasMessageContaining("enqueues in a loop");
        assertThat(rows()).isEqualTo(11);
    }

    @Test
    void theSameThingIsEnqueuedOnce() throws SQLException {
        OutboxMessage message = OutboxMessage.of("welcome").dedupKey("d").build();
        long first = outbox.enqueue(connection, message);
        assertThat(outbox.enqueue(connection, message)).isEqualTo(first);
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void manyMessagesGetTheirIdsInTheirOrder() throws SQLException {
        OutboxMessage twice = OutboxMessage.of("welcome").dedupKey("d").build();
        List<Long> ids = outbox.enqueueAll(connection, List.of(twice, welcome(), twice));
        assertThat(ids).hasSize(3);
        assertThat(ids.get(2)).isEqualTo(ids.get(0)).isLessThan(ids.get(1));
        assertThat(outbox.enqueueAll(connection, List.of())).isEmpty();
    }

    @Test
    void jsonThatIsNoneIsRefusedByPostgres() {
        OutboxMessage broken =
                OutboxMessage.of("welcome").payloadJson("{name: Ada}").build();
        assertThatThrownBy(() -> outbox.enqueue(connection, broken))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22P02"))
                .hasMessageContaining("invalid input syntax for type json")
                .hasMessageContaining("Token \"name\" is invalid");
    }

    @Test
    void aJobIsCancelledWithTheTransaction() throws SQLException {
        outbox.enqueue(connection, OutboxMessage.of("welcome").jobId("j").build());
        connection.setAutoCommit(false);
        assertThat(outbox.cancelJob(connection, OutboxMessage.DEFAULT_TENANT, "j", "withdrawn"))
                .isEqualTo(1);
        assertThat(database.text("SELECT status FROM tempost.outbox")).isEqualTo("pending");
        connection.commit();
        assertThat(database.text("SELECT status || ' ' || reason FROM tempost.outbox"))
                .isEqualTo("cancelled withdrawn");
    }
}
