package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.OneAtATime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Payloads as large as they may be, templates that make more of them than a heap holds, and neighbours who need little. */
@OneAtATime
class LargeRowsTest {

    // four times as many as are rendered at once in that heap; a longer run: -Dtempost.large.rows=500
    private static final int ROWS = Integer.getInteger("tempost.large.rows", 120);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    // a hash and its quotes, comma and blank are 36 bytes
    private static final int HASHES_IN_THE_LARGEST_PAYLOAD = (256 * 1024 - 20) / 36;

    private final Installation tempost = new Installation();

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void aProcessWithASmallHeapSurvivesThemAndTheirNeighboursGoOut() throws Exception {
        tempost.migrated();
        tempost.template(
                "exploding",
                "All by all",
                "see the other part",
                "<ul><li th:each=\"a : ${hashes}\"><b th:each=\"b : ${hashes}\" th:text=\"${b}\"></b></li></ul>");
        tempost.template(
                "silent",
                "Nothing at all",
                "[# th:each=\"a : ${hashes}\"][# th:each=\"b : ${hashes}\"][/][/]",
                "<p></p>");
        tempost.template("long", "All", "[# th:each=\"a : ${hashes}\"][(${a})]\n[/]", "<p th:text=\"${hashes}\"></p>");
        tempost.execute("""
                INSERT INTO tempost.outbox (event_type, recipient, payload)
                SELECT (ARRAY['exploding', 'exploding', 'silent', 'long'])[1 + i % 4], 'ann' || i || '@example.com', largest
                FROM generate_series(1, ?) i,
                     (SELECT jsonb_build_object('hashes', jsonb_agg(md5(n::text))) AS largest FROM generate_series(1, ?) n) p
                """, ROWS, HASHES_IN_THE_LARGEST_PAYLOAD);
        assertThat(tempost.number("SELECT max(octet_length(payload::text)) FROM tempost.outbox"))
                .isBetween(256 * 1024 - 100L, 256 * 1024L);

        Process process = tempost.serve();
        List<Long> neighbours = new ArrayList<>();
        await("the large rows to end")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> {
                    if (large("status IN ('delivered', 'failed')") > 0 && neighbours.size() < 100) {
                        neighbours.add(tempost.welcome("bob" + neighbours.size() + "@example.com"));
                    }
                    return !process.isAlive() || large("status NOT IN ('delivered', 'failed')") == 0;
                });

        assertThat(process.isAlive()).as(() -> "alive, it said: " + said()).isTrue();
        assertThat(large("event_type = 'long' AND status = 'delivered'")).isEqualTo(ROWS / 4);
        assertThat(large("""
                event_type = 'exploding' AND status = 'failed' AND attempts = 0 AND last_error_type = 'PayloadInvalid'
                AND last_error LIKE 'templates/exploding/body.html writes more than % characters with this row''s payload: %, then retry'
                """)).isEqualTo(ROWS / 2);
        assertThat(large("""
                event_type = 'silent' AND status = 'failed' AND attempts = 0 AND last_error_type = 'PayloadInvalid'
                AND last_error LIKE 'templates/silent/body.txt passes % elements with this row''s payload: %, then retry'
                """)).isEqualTo(ROWS / 4);
        assertThat(neighbours).isNotEmpty();
        await("the neighbours to be delivered")
                .atMost(Installation.TIMEOUT)
                .until(() -> tempost.number(
                                "SELECT count(*) FROM tempost.outbox WHERE event_type = 'welcome' AND status = 'delivered'")
                        == neighbours.size());
        assertThat(said()).doesNotContain("OutOfMemoryError");
        report(process, neighbours.size());
    }

    private long large(String condition) {
        return tempost.number("SELECT count(*) FROM tempost.outbox WHERE event_type <> 'welcome' AND " + condition);
    }

    private void report(Process process, int neighbours) throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        System.out.printf(
                Locale.ROOT,
                "%d large rows in %.1f s; %d neighbours waited at most %.1f s, half of them %.2f s; %s%n",
                ROWS,
                tempost.number(
                                "SELECT (1000 * extract(epoch FROM max(finished_at) - min(dispatched_at)))::bigint FROM tempost.outbox")
                        / 1000.0,
                neighbours,
                waited(1.0) / 1000.0,
                waited(0.5) / 1000.0,
                Files.exists(status)
                        ? Files.readAllLines(status).stream()
                                .filter(line -> line.startsWith("VmHWM"))
                                .findFirst()
                                .orElse("")
                        : "");
    }

    private long waited(double part) {
        return tempost.number(
                "SELECT (1000 * percentile_cont(?) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at)))::bigint"
                        + " FROM tempost.outbox WHERE event_type = 'welcome'",
                part);
    }

    private String said() {
        try {
            return Files.readString(tempost.serveLog());
        } catch (IOException e) {
            return "nothing: " + e.getMessage();
        }
    }
}
