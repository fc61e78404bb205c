package dev.tempost.app.chaos;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Cancels rows and jobs, corrects and retries what failed, and dismisses what holds up a shard. */
final class Operator implements Runnable {

    private static final Duration PAUSE = Duration.ofMillis(300);
    private static final int MOST_RETRIES = 2;

    private record Due(long at, String sql, Object parameter) implements Delayed {

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(at - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    private record Failed(long id, String token, boolean sharded) {}

    private final DataSource direct;
    private final Random dice;
    private final Tally done;
    private final DelayQueue<Due> due = new DelayQueue<>();
    private final Map<Long, Integer> retries = new HashMap<>();
    private volatile boolean stopped;

    Operator(DataSource direct, Random dice, Tally done) {
        this.direct = direct;
        this.dice = dice;
        this.done = done;
    }

    void cancelAfter(Duration wait, long id) {
        due.add(new Due(System.nanoTime() + wait.toNanos(), "SELECT tempost.cancel(?, 'no longer wanted')", id));
    }

    void cancelJobAfter(Duration wait, String job) {
        due.add(new Due(
                System.nanoTime() + wait.toNanos(),
                "SELECT tempost.cancel_job('default', ?, 'its job was withdrawn')",
                job));
    }

    void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        while (!stopped) {
            cancelWhatIsDue();
            lookAtFailed();
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private void cancelWhatIsDue() {
        for (Due cancel = due.poll(); cancel != null; cancel = due.poll()) {
            try (Connection connection = direct.getConnection()) {
                call(connection, cancel.sql(), cancel.parameter());
                done.count(cancel.sql().contains("cancel_job") ? "cancel_job" : "cancel");
            } catch (SQLException away) {
                due.add(new Due(System.nanoTime() + PAUSE.toNanos(), cancel.sql(), cancel.parameter()));
                return;
            }
        }
    }

    private void lookAtFailed() {
        try (Connection connection = direct.getConnection()) {
            for (Failed row : failed(connection)) {
                decide(connection, row);
            }
        } catch (SQLException away) {
            // the next look
        }
    }

    /** Each failure is decided once: most are retried, half of those after a correction; the rest stays failed. */
    private void decide(Connection connection, Failed row) throws SQLException {
        int before = retries.getOrDefault(row.id(), 0);
        if (before >= MOST_RETRIES || dice.nextInt(100) < 30) {
            retries.put(row.id(), MOST_RETRIES);
            if (row.sharded()) {
                call(connection, "SELECT tempost.dismiss(?, 'it holds up its shard')", row.id());
                done.count("dismiss");
            }
            return;
        }
        if (dice.nextBoolean()) {
            correct(connection, row);
        }
        call(connection, "SELECT tempost.retry(?)", row.id());
        retries.put(row.id(), before + 1);
        done.count("retry");
    }

    private static void correct(Connection connection, Failed row) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE tempost.outbox SET recipient = ?, payload = payload || '{\"name\": \"Ada\"}'"
                        + " WHERE id = ? AND status = 'failed'")) {
            statement.setString(1, Wish.address(row.token()));
            statement.setLong(2, row.id());
            statement.executeUpdate();
        }
    }

    private List<Failed> failed(Connection connection) throws SQLException {
        List<Failed> rows = new ArrayList<>();
        try (PreparedStatement statement =
                        connection.prepareStatement("SELECT id, payload->>'token', shard_key IS NOT NULL"
                                + " FROM tempost.outbox WHERE status = 'failed' ORDER BY id");
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                if (row.getBoolean(3) || retries.getOrDefault(row.getLong(1), 0) < MOST_RETRIES) {
                    rows.add(new Failed(row.getLong(1), row.getString(2), row.getBoolean(3)));
                }
            }
        }
        return rows;
    }

    private static void call(Connection connection, String sql, @Nullable Object parameter) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, parameter);
            statement.execute();
        }
    }
}
