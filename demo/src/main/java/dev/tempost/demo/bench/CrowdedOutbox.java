package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import dev.tempost.embedded.EmbeddedPostgreSql;
import dev.tempost.outbox.database.Schema;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;

/**
 * How long claims take, and a stranger's row waits for one, while an outbox is full of what cannot go: deep shards, scheduled
 * shards, tenants at their limits, shards that an application holds. PostgreSQL only.
 */
final class CrowdedOutbox {

    private final EmbeddedPostgreSql server;
    private final Progress progress;
    private final int claims;

    /** @param claims how many claims of seven rows are timed in each, by four pollers together */
    CrowdedOutbox(EmbeddedPostgreSql server, Progress progress, int claims) {
        this.server = server;
        this.progress = progress;
        this.claims = claims;
    }

    /** What came of each crowd, by its name. */
    Map<String, String> run() throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        int number = 0;
        for (Crowd crowd : Crowd.all()) {
            progress.say("Filling an outbox: " + crowd.name());
            String figure = figure(crowd, server.database("crowd" + number++));
            progress.say(crowd.name() + ": " + figure);
            figures.put(crowd.name(), figure);
        }
        return figures;
    }

    private String figure(Crowd crowd, DataSource database) throws Exception {
        Schema.migrate(database);
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : crowd.setup()) {
                statement.execute(sql);
            }
            statement.execute("RESET session_replication_role");
            statement.execute("VACUUM ANALYZE tempost.outbox");
            // work for everybody, at all times
            statement.execute("INSERT INTO tempost.outbox (event_type, tenant) SELECT 'welcome', 'busy'"
                    + " FROM generate_series(1, " + TimedClaims.ROOM * claims + ")");
        }
        try (Connection application = database.getConnection();
                Statement holding = application.createStatement()) {
            application.setAutoCommit(false);
            if (!crowd.held().isEmpty()) {
                holding.execute(crowd.held());
            }
            return measured(crowd, database);
        }
    }

    private String measured(Crowd crowd, DataSource database) throws Exception {
        List<Double> millis = new ArrayList<>();
        List<Double> strangers = new ArrayList<>();
        try (ExecutorService pollers = Executors.newFixedThreadPool(4)) {
            List<Future<List<Double>>> all = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                all.add(pollers.submit(poller(crowd, database, claims / 4)));
            }
            strangers.addAll(strangers(crowd, database, claims / 4, millis));
            for (Future<List<Double>> one : all) {
                millis.addAll(one.get());
            }
        }
        return String.format(
                Locale.ROOT,
                "claim p50 %.1f, p99 %.1f, worst %.1f ms; a stranger's row is claimed after p50 %.1f, worst %.1f ms",
                Figures.median(millis),
                Figures.quantile(millis, 0.99),
                Figures.quantile(millis, 1),
                Figures.median(strangers),
                Figures.quantile(strangers, 1));
    }

    private static Callable<List<Double>> poller(Crowd crowd, DataSource database, int times) {
        return () -> {
            try (TimedClaims claims = new TimedClaims(database, crowd.rules())) {
                for (int i = 0; i < times; i++) {
                    claims.claimAndFinish();
                }
                return claims.millis();
            }
        };
    }

    /** Claims as the others do, and inserts a stranger's row now and then: how long each was not claimed. */
    private static List<Double> strangers(Crowd crowd, DataSource database, int times, List<Double> millis)
            throws SQLException {
        List<Double> waits = new ArrayList<>();
        try (TimedClaims claims = new TimedClaims(database, crowd.rules());
                Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            for (int i = 0; i < times; i++) {
                if (i % 10 == 0) {
                    statement.execute(
                            "INSERT INTO tempost.outbox (event_type, tenant) VALUES ('reset', 'stranger" + i + "')");
                    long insertedAt = System.nanoTime();
                    while (open(statement, "stranger" + i)) {
                        claims.claimAndFinish();
                    }
                    waits.add((System.nanoTime() - insertedAt) / 1e6);
                }
                claims.claimAndFinish();
            }
            millis.addAll(claims.millis());
        }
        return waits;
    }

    private static boolean open(Statement statement, String tenant) throws SQLException {
        try (var rows = statement.executeQuery(
                "SELECT FROM tempost.outbox WHERE tenant = '" + tenant + "' AND status = 'pending'")) {
            return rows.next();
        }
    }
}
