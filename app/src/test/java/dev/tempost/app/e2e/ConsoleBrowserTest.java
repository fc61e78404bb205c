package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.OneAtATime;
import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.RowSearch;
import dev.tempost.outbox.rows.RowStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The runbook of a dead letter, played in a real browser, and what every page owes to those who read it otherwise. */
@OneAtATime
@Timeout(180)
class ConsoleBrowserTest {

    private final Installation tempost = new Installation().migrated();
    private final String base =
            "http://127.0.0.1:" + tempost.startWithWeb().getEnvironment().getProperty("local.server.port");
    private final Browser browser = Browser.open();

    @AfterEach
    void stop() {
        browser.close();
        tempost.close();
    }

    @Test
    void whoeverIsWokenByADeadLetterFindsItsCauseCorrectsItAndSeesItDelivered() {
        long id = deadLetter();
        browser.screen(390, 844, true);
        signIn(Tokens.Role.OPERATOR);

        browser.find(".cards a[href='/console/dead-letters']").click();
        assertThat(browser.text()).contains("PayloadInvalid", "variable 'name'");
        browser.button("Newest one").click();
        assertThat(browser.path()).isEqualTo("/console/outbox/" + id);
        browser.button("Show content and message").click();
        assertThat(browser.text()).contains("Cannot be rendered");
        browser.fill("#payload", "{\"name\": \"Ada\"}");
        browser.button("Correct and retry").click();

        tempost.awaitStatus(id, RowStatus.DELIVERED);
        browser.refresh();
        assertThat(browser.find("h1").getText()).isEqualTo("Row " + id + " delivered");
        assertThat(browser.text()).contains("correct", "retry", "Attempt 2, accepted");
        browser.assertNoComplaint();
        browser.picture("delivered");
    }

    @Test
    void aThousandAreRetriedAtOnceAndThePageShowsHowFarTheyAre() {
        tempost.execute("INSERT INTO tempost.outbox (event_type, recipient, payload, status, finished_at,"
                + " last_error_type, last_error) SELECT 'welcome', 'ada@example.com', '{\"name\": \"Ada\"}', 'failed',"
                + " now(), 'MailboxUnavailable', '452 4.2.2 mailbox full ' || n FROM generate_series(1, 1000) n");
        signIn(Tokens.Role.OPERATOR);

        browser.go(base + "/console/dead-letters");
        browser.button("Act on all").click();
        assertThat(browser.text()).contains("1,000 failed rows match now");
        browser.fill("#reason", "mailboxes were emptied");
        browser.button("Retry all").click();

        await("some, and not all")
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    int share = Integer.parseInt(browser.read("progress", "value"));
                    return share > 0 && share < 100;
                });
        browser.picture("bulk");
        await("all of them")
                .atMost(Installation.TIMEOUT)
                .until(() -> browser.read("#live p", "textContent").strip().equals("Done"));
        assertThat(browser.read(".cards", "textContent")).contains("1,000");
        assertThat(tempost.number("SELECT count(*) FROM tempost.audit WHERE action = 'retry'"))
                .isEqualTo(1000);
        browser.assertNoComplaint();
    }

    @Test
    void everyPageIsForEverybody() {
        long id = deadLetter();
        tempost.execute(
                "INSERT INTO tempost.outbox (event_type, recipient, payload, shard_key, deliver_after) SELECT"
                        + " 'welcome', 'ada@example.com', '{}', 'order-' || n % 3, now() + interval '1 day' FROM generate_series(1, 9) n");
        tempost.execute("SELECT tempost.pause(event_type => 'digest', reason => 'wrong link', paused_by => 'ada')");
        tempost.execute("SELECT tempost.hold('default', now() + interval '1 hour', 'their weekend', 'ada')");
        RowSearch.Filter none = new RowSearch.Filter(null, "nobody", null, null, null, null, null, null, null);
        String bulk = new BulkActions(tempost.dataSource())
                .create(BulkActions.Action.DISMISS, none, null, "known", "ada", 100)
                .id()
                .toString();
        signIn(Tokens.Role.OPERATOR);

        Map<String, List<String>> wrong = new LinkedHashMap<>();
        for (String page : List.of(
                "",
                "/dead-letters",
                "/outbox",
                "/outbox/" + id,
                "/outbox/" + id + "/content",
                "/bulk",
                "/bulk/new?event_type=welcome",
                "/bulk/" + bulk,
                "/providers",
                "/pauses",
                "/shards",
                "/audit")) {
            for (boolean dark : List.of(false, true)) {
                browser.screen(dark ? 390 : 1280, 844, dark);
                browser.go(base + "/console" + page);
                String name = page.replace(bulk, "ID").replaceAll("[^a-z]+", "-") + (dark ? "-phone" : "-desktop");
                browser.picture("page" + name);
                List<String> violations = browser.violations();
                if (!violations.isEmpty() || browser.isWiderThanItsWindow()) {
                    wrong.put(name, violations);
                }
            }
        }
        assertThat(wrong).as("pages that are too wide, or not accessible").isEmpty();
        browser.assertNoComplaint();
    }

    private void signIn(Tokens.Role role) {
        String token = Objects.requireNonNull(new Tokens(tempost.dataSource()).create(role.word(), role, null, "test"));
        browser.go(base + "/console");
        assertThat(browser.path()).isEqualTo("/console/login");
        browser.fill("#token", token);
        browser.button("Sign in").click();
        assertThat(browser.find("h1").getText()).isEqualTo("Overview");
    }

    private long deadLetter() {
        long id = tempost.insert("INSERT INTO tempost.outbox (event_type, recipient, payload) VALUES"
                + " ('welcome', 'ada@example.com', '{}') RETURNING id");
        tempost.awaitStatus(id, RowStatus.FAILED);
        return id;
    }
}
