package dev.tempost.demo;

import dev.tempost.app.engine.Service;
import dev.tempost.app.terminal.Formats;
import dev.tempost.app.terminal.Progress;
import dev.tempost.embedded.EmbeddedPostgreSql;
import dev.tempost.embedded.EmbeddedTemporal;
import dev.tempost.embedded.Ports;
import dev.tempost.outbox.database.Schema;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;

/** Plays the club's story on real parts: PostgreSQL, Temporal, SMTP, all embedded. */
public final class Demo {

    private static final int POSTGRESQL_PORT = 15432;
    private static final int TEMPORAL_PORT = 17233;
    private static final int TEMPORAL_UI_PORT = 18233;
    private static final int HTTP_PORT = 18080;
    private static final int SMTP_PORT = 12525;
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    private final Progress progress = new Progress(System.out);

    /**
     * Plays it.
     *
     * @param exit whether to end once everything is delivered; otherwise it stays up until it is stopped
     * @return 0 when exactly the mails that were owed have arrived, 1 otherwise
     */
    public int play(boolean exit) throws Exception {
        Path folder = Files.createTempDirectory("tempost-demo");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        progress.say("Starting PostgreSQL, the Temporal server with its Web UI, and a mail server");
        // two threads that log first would meet in the middle of the log's own start, and it would complain
        LoggerFactory.getLogger(Demo.class).debug("The log is there before the servers, which start side by side");
        CompletableFuture<EmbeddedPostgreSql> postgres =
                CompletableFuture.supplyAsync(() -> EmbeddedPostgreSql.start(Ports.preferably(POSTGRESQL_PORT)));
        CompletableFuture<EmbeddedTemporal> temporal = CompletableFuture.supplyAsync(() -> EmbeddedTemporal.start(
                Ports.preferably(TEMPORAL_PORT),
                Ports.preferably(TEMPORAL_UI_PORT),
                folder.resolve("temporal.log"),
                null,
                progress::say));
        try (Inbox inbox = new Inbox(Ports.preferably(SMTP_PORT), Clock.systemUTC());
                EmbeddedPostgreSql database = postgres.join();
                EmbeddedTemporal server = temporal.join()) {
            DemoScenario story = tell(database, inbox);
            DemoTemplates.unpack(folder.resolve("templates"));
            int port = Ports.preferably(HTTP_PORT);
            try (ConfigurableApplicationContext application = Service.withWeb(InboxController.class)
                    .initializers(context -> context.getBeanFactory().registerSingleton("inbox", inbox))
                    .run(Service.arguments(properties(database, server, inbox, port, folder)))) {
                progress.say("Tempost delivers");
                boolean right = watch(story, inbox, new Rows(database.dataSource()));
                report(database, server, port, exit);
                if (!exit) {
                    Service.awaitStop(application);
                }
                return right ? 0 : 1;
            }
        }
    }

    private DemoScenario tell(EmbeddedPostgreSql database, Inbox inbox) {
        Schema.migrate(database.dataSource());
        DemoScenario story = new DemoScenario(database.dataSource());
        story.takeOver();
        progress.say("Took 33 rows over from the club's own outbox: " + totals(database));
        progress.say("Row 13 named team 11, which does not exist. Corrected while pending, by");
        progress.say(
                "    UPDATE tempost.outbox SET payload = jsonb_set(payload, '{team_id}', '5') WHERE id = 13 AND status"
                        + " = 'pending'");
        Rows rows = new Rows(database.dataSource());
        DemoScenario.FAILED.forEach(rows::retry);
        progress.say("Rows 11 and 12 failed when credentials had expired. Retried, by ./tempost retry 11 12");
        inbox.beBusyOnceFor(story.addressOf(DemoScenario.FAILED.getFirst()));
        progress.say("The mail server will answer row 11 with 451 once, so that there is a retry to look at");
        return story;
    }

    private static Map<String, Object> properties(
            EmbeddedPostgreSql database, EmbeddedTemporal server, Inbox inbox, int port, Path folder) {
        Map<String, Object> properties = new HashMap<>();
        properties.put("spring.datasource.url", database.jdbcUrl());
        properties.put("spring.datasource.username", "postgres");
        properties.put("spring.datasource.password", "");
        properties.put("spring.temporal.connection.target", server.target());
        properties.put("spring.temporal.namespace", "default");
        properties.put("spring.mail.host", "127.0.0.1");
        properties.put("spring.mail.port", inbox.port());
        properties.put("spring.mail.username", "");
        properties.put("spring.mail.password", "");
        properties.put(
                "tempost.providers.default.from",
                "Westside Kings & Queens <welcome@westside.example>".replace("&", "and"));
        properties.put("tempost.templates", folder.resolve("templates").toString());
        properties.put("tempost.delivery.initial-interval", "1s");
        properties.put("server.address", "127.0.0.1");
        properties.put("server.port", port);
        properties.put("logging.level.dev.tempost", "warn");
        return properties;
    }

    private boolean watch(DemoScenario story, Inbox inbox, Rows rows) throws InterruptedException {
        Map<String, DemoScenario.Expected> owed = story.owed();
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        long delivered = 0;
        while (delivered < owed.size() && System.nanoTime() < deadline) {
            Thread.sleep(BETWEEN_LOOKS);
            delivered = Stream.iterate(DemoScenario.FAILED.getFirst(), id -> id + 1)
                    .limit(owed.size())
                    .filter(id -> Objects.requireNonNull(rows.find(id)).status() == RowStatus.DELIVERED)
                    .count();
            progress.count("Delivered", delivered, owed.size());
        }
        return check(owed, inbox.mails());
    }

    private boolean check(Map<String, DemoScenario.Expected> owed, List<ReceivedMail> mails) {
        boolean right = true;
        Set<String> arrived = new HashSet<>();
        for (ReceivedMail mail : mails) {
            DemoScenario.Expected expected = owed.get(mail.to());
            String complaint = expected == null
                    ? "was not owed"
                    : arrived.add(mail.to()) ? expected.complaint(mail) : "came twice";
            if (complaint != null) {
                progress.say("Wrong: mail " + mail.number() + " " + complaint);
                right = false;
            }
        }
        if (arrived.size() != owed.size()) {
            progress.say("Wrong: " + arrived.size() + " of " + owed.size() + " mails arrived");
            right = false;
        }
        if (right) {
            progress.say(owed.size() + " delivered: every mail arrived once, with its team and its link; none for the"
                    + " ten that had theirs");
        }
        return right;
    }

    private void report(EmbeddedPostgreSql database, EmbeddedTemporal server, int port, boolean exit) {
        Rows rows = new Rows(database.dataSource());
        Backlog backlog = new Backlog(database.dataSource());
        Map<RowStatus, Long> totals =
                backlog.totals(null).stream().collect(Collectors.toMap(Backlog.Total::status, Backlog.Total::rows));
        double oldest = backlog.groups(null).stream()
                .filter(group -> group.status() == RowStatus.PENDING)
                .mapToDouble(Backlog.Group::oldestSeconds)
                .max()
                .orElse(0);
        System.out.printf(
                Locale.ROOT, "%n  %-12s %-12s %-12s %s%n", "delivered", "failed", "pending", "oldest pending");
        System.out.printf(
                Locale.ROOT,
                "  %-12d %-12d %-12d %s%n%n",
                totals.getOrDefault(RowStatus.DELIVERED, 0L),
                totals.getOrDefault(RowStatus.FAILED, 0L),
                totals.getOrDefault(RowStatus.PENDING, 0L),
                Formats.age(oldest));
        if (exit) {
            return;
        }
        String retried = Objects.requireNonNull(rows.find(DemoScenario.FAILED.getFirst()))
                .workflowId();
        String workflows = server.ui() + "/namespaces/default/workflows";
        System.out.println("  Inbox                     http://127.0.0.1:" + port + "/inbox");
        System.out.println("  All deliveries            " + workflows + "?query="
                + encode("TempostTenant=\"1\" AND TempostEventType=\"contract_signed\""));
        System.out.println("  Row 11, failed, retried   " + workflows + "/" + encode(retried));
        System.out.println("  Metrics                   http://127.0.0.1:" + port + "/actuator/prometheus");
        System.out.println();
        System.out.println("  Insert a row yourself, and look at the inbox:");
        System.out.println(
                "    psql " + database.uri() + " -c \"INSERT INTO tempost.outbox (event_type, recipient, payload)"
                        + " VALUES ('hello', 'you@example.com', '{\\\"name\\\": \\\"You\\\"}')\"");
        System.out.println("  Operators' commands work here too, after");
        System.out.println("    export SPRING_DATASOURCE_URL=" + database.jdbcUrl());
        System.out.println();
        System.out.println("  Ctrl-C stops everything and leaves nothing behind.");
    }

    private static String totals(EmbeddedPostgreSql database) {
        return new Backlog(database.dataSource())
                .totals(null).stream()
                        .map(total -> total.rows() + " " + total.status().column())
                        .collect(Collectors.joining(", "));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            System.err.println("Left behind: " + folder);
        }
    }
}
