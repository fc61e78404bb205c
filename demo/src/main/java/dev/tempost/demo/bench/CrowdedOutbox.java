package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import dev.tempost.embedded.EmbeddedPostgreSql;
import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.ClaimRules.Share;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.database.Schema;
import dev.tempost.outbox.rows.ClaimedRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * How long claims take, and a stranger's row waits for one, while an outbox is full of what cannot go: deep shards, scheduled
 * shards, tenants at their limits, shards that an application holds. PostgreSQL only.
 */
final class CrowdedOutbox {

    private static final int ROOM = 7;
    private static final Duration LEASE = Duration.ofMinutes(10);
    private static final EventTypes NONE = new EventTypes(true, Set.of());

    /**
     * What an outbox is crowded with.
     *
     * @param setup the statements that make it so
     * @param held what an application's transaction holds meanwhile, as a statement; empty for nothing
     * @param rules by which it is claimed
     */
    private record Crowd(String name, List<String> setup, String held, ClaimRules rules) {}

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
        for (Crowd crowd : crowds()) {
            progress.say("Filling an outbox: " + crowd.name());
            String figure = figure(crowd, server.database("crowd" + number++));
            progress.say(crowd.name() + ": " + figure);
            figures.put(crowd.name(), figure);
        }
        return figures;
    }

    private static List<Crowd> crowds() {
        Map<String, Share> limited =
                IntStream.rangeClosed(1, 1000).boxed().collect(Collectors.toMap(n -> "t" + n, n -> new Share(1, 1)));
        return List.of(
                crowd("nothing else", List.of()),
                crowd("a shard of 400,000 behind a failed head", List.of(failed("s"), shard("s", 400_000))),
                crowd(
                        "the same, each row in a transaction of its own",
                        List.of(failed("s"), "SET session_replication_role = replica", shard("s", 400_000))),
                crowd(
                        "4 shards of 100,000, as single transactions",
                        List.of(
                                "SET session_replication_role = replica",
                                shard("a", 100_000),
                                shard("b", 100_000),
                                shard("c", 100_000),
                                shard("d", 100_000))),
                crowd(
                        "40,000 one-row shards for tomorrow",
                        List.of("INSERT INTO tempost.outbox (event_type, shard_key, deliver_after) SELECT 'welcome',"
                                + " 's' || n, now() + interval '1 day' FROM generate_series(1, 40000) n")),
                new Crowd(
                        "1,000 tenants at their limits",
                        List.of(
                                "INSERT INTO tempost.outbox (event_type, tenant, status, dispatched_at, lease_until)"
                                        + " SELECT 'welcome', 't' || n, 'dispatched', now(), now() + interval '1 hour'"
                                        + " FROM generate_series(1, 1000) n",
                                "INSERT INTO tempost.outbox (event_type, tenant) SELECT 'welcome', 't' || 1 + n % 1000"
                                        + " FROM generate_series(1, 20000) n"),
                        "",
                        new ClaimRules(limited, List.of(), NONE)),
                new Crowd(
                        "50 shards that an application holds",
                        List.of(
                                "INSERT INTO tempost.outbox (event_type, shard_key) SELECT 'welcome', 's' || n"
                                        + " FROM generate_series(1, 50) n",
                                "INSERT INTO tempost.shard (tenant, shard_key, head) SELECT tenant, shard_key, id"
                                        + " FROM tempost.outbox WHERE shard_key IS NOT NULL"),
                        "SELECT FROM tempost.shard FOR UPDATE",
                        ClaimRules.defaults()),
                crowd(
                        "1,000,000 open shards",
                        List.of("INSERT INTO tempost.outbox (event_type, shard_key) SELECT 'welcome', 's' || n"
                                + " FROM generate_series(1, 1000000) n")));
    }

    private static Crowd crowd(String name, List<String> setup) {
        return new Crowd(name, setup, "", ClaimRules.defaults());
    }

    private static String failed(String shard) {
        return "INSERT INTO tempost.outbox (event_type, shard_key, status) VALUES ('welcome', '" + shard
                + "', 'failed')";
    }

    private static String shard(String key, int rows) {
        return "INSERT INTO tempost.outbox (event_type, shard_key) SELECT 'welcome', '" + key
                + "' FROM generate_series(1, " + rows + ")";
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
                    + " FROM generate_series(1, " + ROOM * claims + ")");
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
            SingleConnectionDataSource own = new SingleConnectionDataSource(database.getConnection(), true);
            try {
                Claims claims = new Claims(own, crowd.rules());
                List<Double> millis = new ArrayList<>();
                for (int i = 0; i < times; i++) {
                    finish(own, timed(claims, millis));
                }
                return millis;
            } finally {
                own.destroy();
            }
        };
    }

    /** Claims as the others do, and inserts a stranger's row now and then: how long each was not claimed. */
    private static List<Double> strangers(Crowd crowd, DataSource database, int times, List<Double> millis)
            throws SQLException {
        SingleConnectionDataSource own = new SingleConnectionDataSource(database.getConnection(), true);
        Claims claims = new Claims(own, crowd.rules());
        List<Double> waits = new ArrayList<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            for (int i = 0; i < times; i++) {
                if (i % 10 == 0) {
                    statement.execute(
                            "INSERT INTO tempost.outbox (event_type, tenant) VALUES ('reset', 'stranger" + i + "')");
                    long insertedAt = System.nanoTime();
                    while (open(statement, "stranger" + i)) {
                        finish(own, timed(claims, millis));
                    }
                    waits.add((System.nanoTime() - insertedAt) / 1e6);
                }
                finish(own, timed(claims, millis));
            }
        } finally {
            own.destroy();
        }
        return waits;
    }

    private static boolean open(Statement statement, String tenant) throws SQLException {
        try (var rows = statement.executeQuery(
                "SELECT FROM tempost.outbox WHERE tenant = '" + tenant + "' AND status = 'pending'")) {
            return rows.next();
        }
    }

    private static List<ClaimedRow> timed(Claims claims, List<Double> millis) {
        long startedAt = System.nanoTime();
        List<ClaimedRow> rows =
                claims.claim(ROOM, LEASE, EventTypes.all(), null).rows();
        millis.add((System.nanoTime() - startedAt) / 1e6);
        return rows;
    }

    private static void finish(DataSource database, List<ClaimedRow> rows) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            for (ClaimedRow row : rows) {
                statement.execute("UPDATE tempost.outbox SET status = 'delivered', lease_until = NULL,"
                        + " finished_at = clock_timestamp() WHERE id = " + row.id());
            }
        }
    }
}
