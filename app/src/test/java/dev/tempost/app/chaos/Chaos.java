package dev.tempost.app.chaos;

import dev.tempost.app.chaos.check.Checker;
import dev.tempost.app.chaos.check.Evidence;
import dev.tempost.app.chaos.check.Listing;
import dev.tempost.app.chaos.check.Tables;
import dev.tempost.app.chaos.check.Verdict;
import dev.tempost.app.chaos.check.Violation;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.embedded.Ports;
import dev.tempost.outbox.database.Schema;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** One run: producers, an operator, a killer and faults at every boundary; then calm, rest and the verdict. */
final class Chaos implements AutoCloseable {

    private static final int PRODUCERS = 4;
    private static final int STORIES = 200;
    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration BETWEEN_WORDS = Duration.ofSeconds(10);

    private final Plan plan;
    private final Path folder;
    private final Faults faults;
    private final Tally kills = new Tally();
    private final Tally operated = new Tally();
    private final Journal journal = new Journal();
    private final ScriptedSmtpServer smtp;
    private final Postgres postgres;
    private final Temporal temporal;
    private final CutProxy sql;
    private final RpcProxy rpc;
    private final List<Replica> replicas = new ArrayList<>();
    private final long startedAt = System.nanoTime();
    private int diedByThemselves;
    private int deafToStop;

    Chaos(Plan plan, Path folder) throws Exception {
        this.plan = plan;
        this.folder = Files.createDirectories(folder);
        this.faults = new Faults(plan.seed(), plan.faultRate());
        say("seed " + plan.seed() + ", " + plan.duration() + ", logs in " + folder);
        this.postgres = new Postgres(
                Files.createTempDirectory("tempost-chaos-pg"), Ports.any(), Faults.dice(plan.seed(), "postgresql"));
        this.temporal = new Temporal(folder, Ports.any());
        this.smtp = ScriptedSmtpServer.listening();
        this.sql = new CutProxy(postgres.port(), CutProxy.random("postgresql", faults));
        this.rpc = new RpcProxy("temporal", temporal.port(), faults);
        Schema.migrate(postgres.dataSource());
        sabotage();
        templates();
        for (int i = 1; i <= plan.replicas(); i++) {
            replicas.add(new Replica(settings(), folder.resolve("tempost-" + i + ".log")));
        }
    }

    /** Runs it to its end. */
    Report run() throws Exception {
        Instant began = Instant.now();
        if (!await("the first replicas", START, () -> replicas.stream().allMatch(Replica::isReady))) {
            throw new IllegalStateException("Tempost does not become ready: see its logs in " + folder);
        }
        faults.begin();
        if (plan.takenUnsaid() > 0) {
            smtp.afterDot().acceptThenClose().times(plan.takenUnsaid());
        }
        smtp.withWhims(new SmtpFaults(faults));
        long from = System.nanoTime();
        long until = from + plan.duration().toNanos();
        Operator operator = new Operator(postgres.dataSource(), Faults.dice(plan.seed(), "operator"), operated);
        Thread operating = Thread.ofPlatform().name("chaos-operator").start(operator);
        List<Thread> producing = produce(operator, until);
        unleash(until);
        for (Thread producer : producing) {
            producer.join();
        }
        double minutes = minutesSince(from);
        faults.calm();
        long calmAt = System.nanoTime();
        say("calm: waiting for rest");
        boolean rested = await("rest", plan.patience(), this::atRest);
        double minutesToRest = minutesSince(calmAt);
        say(rested ? "at rest" : "NOT at rest after " + plan.patience());
        operator.stop();
        operating.join();
        for (Replica replica : replicas) {
            deafToStop += replica.stop() ? 0 : 1;
        }
        Verdict verdict = Checker.check(evidence());
        return new Report(
                plan.seed(),
                began,
                minutes,
                minutesToRest,
                rested,
                kills.counts(),
                faults.struck(),
                faults.steps(),
                operated.counts(),
                diedByThemselves,
                deafToStop,
                verdict.counts(),
                verdict.byKind(),
                verdict.violations().stream()
                        .map(Violation::toString)
                        .limit(STORIES)
                        .toList());
    }

    private List<Thread> produce(Operator operator, long until) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < PRODUCERS; i++) {
            String name = "p" + i;
            threads.add(Thread.ofPlatform()
                    .name("chaos-producer-" + i)
                    .start(new Producer(
                            name,
                            faulty(),
                            postgres.dataSource(),
                            journal,
                            operator,
                            Faults.dice(plan.seed(), name),
                            plan.rowsPerSecond() / PRODUCERS,
                            until)));
        }
        return threads;
    }

    /** Kills until it is time, and says how it goes. */
    private void unleash(long until) throws Exception {
        Killer killer = null;
        Thread killing = null;
        if (plan.betweenKills() != null) {
            killer = new Killer(
                    replicas,
                    postgres,
                    temporal,
                    rpc,
                    Faults.dice(plan.seed(), "killer"),
                    plan.betweenKills(),
                    until,
                    kills);
            killing = Thread.ofPlatform().name("chaos-killer").start(killer);
        }
        long nextWord = System.nanoTime();
        while (System.nanoTime() < until) {
            if (System.nanoTime() >= nextWord) {
                nextWord += BETWEEN_WORDS.toNanos();
                progress();
            }
            Thread.sleep(200);
        }
        if (killer != null && killing != null) {
            killing.join();
            if (killer.failure() != null) {
                throw new IllegalStateException("a part did not come back", killer.failure());
            }
        }
        for (Replica replica : replicas) {
            if (!replica.isAlive()) {
                diedByThemselves++;
                replica.revive();
            }
        }
    }

    private void progress() {
        say(journal.committed() + " rows committed, " + smtp.received() + " mails taken, kills " + kills.counts() + ", "
                + faults.total() + " faults");
    }

    private boolean atRest() throws Exception {
        try (Connection connection = postgres.dataSource().getConnection()) {
            long open =
                    number(connection, "SELECT count(*) FROM tempost.outbox WHERE status IN ('pending', 'dispatched')");
            if (open > 0) {
                // a server that is busy catching up has better things to do than to list its workflows
                say(open + " rows still open, " + smtp.received() + " mails taken");
                return false;
            }
            int running = Listing.runningDeliveries(temporal.direct()).size();
            say("no rows and " + running + " workflows still open, " + smtp.received() + " mails taken");
            return running == 0;
        } catch (SQLException | StatusRuntimeException e) {
            say("cannot look: " + e.getMessage());
            return false;
        }
    }

    private Evidence evidence() throws SQLException {
        try (Connection connection = postgres.dataSource().getConnection()) {
            return new Evidence(
                    journal.fates(),
                    Tables.rows(connection),
                    Tables.attempts(connection),
                    smtp.messages().stream().map(Sink::mail).toList(),
                    Listing.deliveries(temporal.direct()));
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static boolean await(String what, Duration patience, Condition condition) throws Exception {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                System.out.println("chaos: waited " + patience + " in vain for " + what);
                return false;
            }
            Thread.sleep(1_000);
        }
        return true;
    }

    private void sabotage() throws SQLException {
        try (Connection connection = postgres.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (String sabotage : plan.sabotage()) {
                statement.execute(sabotage);
            }
        }
    }

    private static long number(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getLong(1);
        }
    }

    private DataSource faulty() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(faultyUrl());
        dataSource.setUser("postgres");
        dataSource.setConnectTimeout(5);
        dataSource.setSocketTimeout(20);
        return dataSource;
    }

    private String faultyUrl() {
        return "jdbc:postgresql://127.0.0.1:" + sql.port() + "/postgres";
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>(plan.settings());
        settings.put("spring.datasource.url", faultyUrl());
        settings.put("spring.datasource.username", "postgres");
        settings.put("spring.temporal.connection.target", "127.0.0.1:" + rpc.port());
        settings.put("spring.mail.host", "127.0.0.1");
        settings.put("spring.mail.port", Integer.toString(smtp.port()));
        settings.put("tempost.providers.default.from", "Chaos <mail@chaos.example>");
        settings.put(
                "tempost.templates",
                folder.resolve("templates").toAbsolutePath().toString());
        return settings;
    }

    private void templates() throws IOException {
        for (String eventType : List.of("welcome", "parked")) {
            Path template = Files.createDirectories(folder.resolve("templates").resolve(eventType));
            Files.writeString(template.resolve("subject.txt"), "Token [(${token})]");
            Files.writeString(template.resolve("body.txt"), "Hi [(${name})], your token is [(${token})].");
        }
    }

    private void say(String what) {
        long seconds = Duration.ofNanos(System.nanoTime() - startedAt).toSeconds();
        System.out.printf(Locale.ROOT, "chaos %02d:%02d  %s%n", seconds / 60, seconds % 60, what);
    }

    private static double minutesSince(long nanoTime) {
        return (System.nanoTime() - nanoTime) / 6e10;
    }

    @Override
    public void close() throws IOException {
        for (Replica replica : replicas) {
            if (replica.isAlive()) {
                replica.kill();
            }
        }
        rpc.close();
        sql.close();
        smtp.close();
        temporal.close();
        postgres.close();
    }
}
