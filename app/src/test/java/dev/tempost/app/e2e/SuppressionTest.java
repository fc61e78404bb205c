package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.outbox.rows.RowStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mail to addresses that are suppressed, on the real server. */
class SuppressionTest {

    private final Installation tempost = new Installation().with("tempost.event-types.magic.ignore-unsubscribed", true);

    @AfterEach
    void stop() {
        tempost.close();
    }

    private long insert(String eventType, String recipient) {
        return tempost.insert(
                "INSERT INTO tempost.outbox (event_type, recipient, payload) VALUES (?, ?, '{\"name\": \"Ada\"}') RETURNING id",
                eventType,
                recipient);
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "bulk"})
    void aSuppressedRowEndsAndTheServerHearsNothingOfIt(String lane) {
        tempost.with("tempost.delivery.lane", lane).migrated();
        tempost.template("magic", "Log in, [(${name})]", "Hi [(${name})]", "<p>Hi [[${name}]]</p>");
        tempost.execute(
                "SELECT tempost.suppress('ann@example.com', 'unsubscribed'),"
                        + " tempost.suppress('bob@example.com', 'complaint'), tempost.suppress('@bounced.example', 'hard_bounce')");
        long unsubscribed = insert("welcome", "Ann <Ann@Example.com>");
        long domain = insert("welcome", "cy@bounced.example");
        long asked = insert("magic", "ann@example.com");
        long complained = insert("magic", "bob@example.com");
        long other = insert("welcome", "dan@example.com");

        MeterRegistry metrics = tempost.start().getBean(MeterRegistry.class);

        tempost.awaitAll(RowStatus.SUPPRESSED, 3);
        tempost.awaitAll(RowStatus.DELIVERED, 2);
        assertThat(tempost.row(unsubscribed).reason()).isEqualTo("its address is suppressed: unsubscribed");
        assertThat(tempost.row(domain).reason()).startsWith("its domain is suppressed: ");
        assertThat(tempost.row(complained).status()).isEqualTo(RowStatus.SUPPRESSED);
        assertThat(tempost.row(asked).status()).isEqualTo(RowStatus.DELIVERED);
        assertThat(tempost.row(other).status()).isEqualTo(RowStatus.DELIVERED);
        assertThat(tempost.smtp.received()).isEqualTo(2);
        assertThat(tempost.awaitClosed(unsubscribed))
                .isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        await().atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(
                                metrics.find("tempost.outcomes").tag("outcome", "suppressed").counters().stream()
                                        .mapToDouble(counter -> counter.count())
                                        .sum())
                        .isEqualTo(3));
    }
}
