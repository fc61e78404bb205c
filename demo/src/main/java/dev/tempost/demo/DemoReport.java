package dev.tempost.demo;

import dev.tempost.app.terminal.Formats;
import dev.tempost.embedded.EmbeddedPostgreSql;
import dev.tempost.embedded.EmbeddedTemporal;
import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What the demo prints once everything is delivered.
 *
 * @param port of the console, the inbox and the metrics
 */
record DemoReport(EmbeddedPostgreSql database, EmbeddedTemporal server, int port) {

    /** How many rows stand where. */
    void figures() {
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
    }

    /** Where to look, and what to try. */
    void links() {
        Rows rows = new Rows(database.dataSource());
        String retried = Objects.requireNonNull(rows.find(DemoScenario.FAILED.getFirst()))
                .workflowId();
        String workflows = server.ui() + "/namespaces/default/workflows";
        System.out.println("  Console                   http://127.0.0.1:" + port + "/console");
        System.out.println("    sign in with            "
                + new Tokens(database.dataSource()).create("demo", Tokens.Role.ADMIN, null, "demo"));
        System.out.println("  Inbox                     http://127.0.0.1:" + port + "/inbox");
        System.out.println("  All deliveries            " + workflows + "?query="
                + encode("TempostTenant=\"1\" AND TempostEventType=\"contract_signed\""));
        System.out.println("  Row 11, failed, retried   " + workflows + "/" + encode(retried));
        System.out.println("  What a row started        " + workflows + "/" + Shirt.WORKFLOW);
        System.out.println("  Metrics                   http://127.0.0.1:" + port + "/actuator/prometheus");
        System.out.println();
        System.out.println("  Insert a row yourself, and look at the inbox:");
        System.out.println(
                "    psql " + database.uri() + " -c \"INSERT INTO tempost.outbox (event_type, recipient, payload)"
                        + " VALUES ('hello', 'you@example.com', '{\\\"name\\\": \\\"You\\\"}')\"");
        System.out.println("  Operators' commands work here too, after");
        System.out.println("    export SPRING_DATASOURCE_URL=" + database.jdbcUrl() + "?user=postgres");
        System.out.println();
        System.out.println("  Ctrl-C stops everything and leaves nothing behind.");
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
