package dev.tempost.demo;

import dev.tempost.app.engine.Service;
import dev.tempost.app.terminal.Progress;
import dev.tempost.embedded.EmbeddedPostgreSql;
import dev.tempost.embedded.EmbeddedTemporal;
import dev.tempost.embedded.Ports;
import dev.tempost.outbox.database.Schema;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import io.temporal.client.WorkflowClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
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
                            .run(Service.arguments(properties(database, server, inbox, port, folder)));
                    Shirt shirt = new Shirt(application.getBean(WorkflowClient.class))) {
                progress.say("Tempost delivers");
                boolean right = watch(story, inbox, new Rows(database.dataSource()));
                String ordered = shirt.order(database.dataSource());
                progress.say(ordered);
                DemoReport report = new DemoReport(database, server, port);
                report.figures();
                if (!exit) {
                    report.links();
                }
                if (!exit) {
                    Service.awaitStop(application);
                }
                return right && ordered.endsWith("is ready") ? 0 : 1;
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
        properties.put("tempost.providers.default.from", "Westside Kings and Queens <welcome@westside.example>");
        properties.put("tempost.templates", folder.resolve("templates").toString());
        properties.put("tempost.temporal.ui-url", server.ui());
        properties.put("tempost.delivery.initial-interval", "1s");
        properties.putAll(Shirt.properties());
        properties.put("server.address", "127.0.0.1");
        properties.put("server.port", port);
        properties.put("logging.level.dev.tempost", "warn");
        // at the end the server may be gone before the club's worker
        properties.put("logging.level.io.temporal.internal.worker", "error");
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
        return new DemoVerdict(owed, progress).of(inbox.mails());
    }

    private static String totals(EmbeddedPostgreSql database) {
        return new Backlog(database.dataSource())
                .totals(null).stream()
                        .map(total -> total.rows() + " " + total.status().column())
                        .collect(Collectors.joining(", "));
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            System.err.println("Left behind: " + folder);
        }
    }
}
