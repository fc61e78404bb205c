package dev.tempost.app.chaos;

import dev.tempost.app.chaos.check.Fate;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** An application that writes rows in its transactions, rolls some back, and finds out which of them committed. */
final class Producer implements Runnable {

    private static final int ROLLED_BACK_PERCENT = 5;
    private static final int JOB_PERCENT = 4;
    private static final int ROWS_OF_A_JOB = 3;

    private static final String INSERT = """
        INSERT INTO tempost.outbox (event_type, recipient, payload, priority, shard_key, job_id, expires_at)
        VALUES (?, ?, ?::jsonb, ?, ?, ?, clock_timestamp() + ? * interval '1 millisecond')
        RETURNING id
        """;

    private static final String ENQUEUE = """
        SELECT tempost.enqueue(event_type => ?, recipient => ?, payload => ?::jsonb, priority => ?, shard_key => ?,
                               job_id => ?, expires_at => clock_timestamp() + ? * interval '1 millisecond')
        """;

    private static final String THERE = "SELECT count(*) FROM tempost.outbox WHERE payload->>'token' = ?";

    private final String name;
    private final DataSource faulty;
    private final DataSource direct;
    private final Journal journal;
    private final Operator operator;
    private final Random dice;
    private final double transactionsPerSecond;
    private final long until;
    private int transactions;
    private @Nullable Connection connection;

    /**
     * @param faulty how it reaches PostgreSQL
     * @param direct how it looks afterwards
     * @param until when it stops, as {@link System#nanoTime} counts
     */
    Producer(
            String name,
            DataSource faulty,
            DataSource direct,
            Journal journal,
            Operator operator,
            Random dice,
            double rowsPerSecond,
            long until) {
        this.name = name;
        this.faulty = faulty;
        this.direct = direct;
        this.journal = journal;
        this.operator = operator;
        this.dice = dice;
        this.transactionsPerSecond = rowsPerSecond / (1 + JOB_PERCENT * (ROWS_OF_A_JOB - 1) / 100.0);
        this.until = until;
    }

    @Override
    public void run() {
        long next = System.nanoTime();
        while (System.nanoTime() < until) {
            transact();
            // after an outage it catches up, as callers do
            next += (long) ((0.5 + dice.nextDouble()) * 1e9 / transactionsPerSecond);
            LockSupport.parkNanos(next - System.nanoTime());
        }
        forget();
    }

    private void transact() {
        boolean job = dice.nextInt(100) < JOB_PERCENT;
        boolean rollBack = dice.nextInt(100) < ROLLED_BACK_PERCENT;
        String prefix = name + "-" + transactions++;
        List<Wish> wishes = new ArrayList<>();
        for (int i = 0; i < (job ? ROWS_OF_A_JOB : 1); i++) {
            wishes.add(Wish.random(dice, prefix + "-" + i, job ? "job-" + prefix : null));
        }
        boolean cancelJob = job && dice.nextBoolean();
        List<String> tokens = wishes.stream().map(Wish::token).toList();
        List<Long> ids = new ArrayList<>();
        Connection open;
        try {
            open = connected();
            for (Wish wish : wishes) {
                ids.add(write(open, wish));
            }
            if (rollBack) {
                journal.record(tokens, Fate.ROLLED_BACK);
                open.rollback();
                return;
            }
        } catch (SQLException notEvenAsked) {
            journal.record(tokens, Fate.ROLLED_BACK);
            forget();
            return;
        }
        Fate fate;
        try {
            open.commit();
            fate = Fate.COMMITTED;
        } catch (SQLException replyLost) {
            forget();
            fate = look(tokens.getFirst());
        }
        journal.record(tokens, fate);
        for (int i = 0; i < wishes.size(); i++) {
            Duration cancelAfter = wishes.get(i).cancelAfter();
            if (cancelAfter != null) {
                operator.cancelAfter(cancelAfter, ids.get(i));
            }
        }
        if (cancelJob) {
            operator.cancelJobAfter(Duration.ofMillis(dice.nextInt(1_500)), "job-" + prefix);
        }
    }

    private static long write(Connection connection, Wish wish) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(wish.enqueue() ? ENQUEUE : INSERT)) {
            statement.setString(1, wish.eventType());
            statement.setString(2, wish.recipient());
            statement.setString(3, wish.payload());
            statement.setInt(4, wish.priority());
            statement.setString(5, wish.shard());
            statement.setString(6, wish.job());
            statement.setObject(
                    7, wish.expiresIn() == null ? null : wish.expiresIn().toMillis(), java.sql.Types.BIGINT);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getLong(1);
            }
        }
    }

    /** A row that is there committed. One that is not may still be on its way: the table decides in the end. */
    private Fate look(String token) {
        for (int tries = 0; tries < 120; tries++) {
            LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
            try (Connection looking = direct.getConnection();
                    PreparedStatement statement = looking.prepareStatement(THERE)) {
                statement.setString(1, token);
                try (ResultSet result = statement.executeQuery()) {
                    result.next();
                    return result.getLong(1) > 0 ? Fate.COMMITTED : Fate.UNKNOWN;
                }
            } catch (SQLException away) {
                // again
            }
        }
        return Fate.UNKNOWN;
    }

    private Connection connected() throws SQLException {
        Connection open = connection;
        if (open == null) {
            open = faulty.getConnection();
            connection = open;
            open.setAutoCommit(false);
        }
        return open;
    }

    private void forget() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                // broken already
            }
        }
    }
}
