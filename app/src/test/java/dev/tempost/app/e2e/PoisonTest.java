package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.workflows.FailureType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PoisonTest {

    private final Installation tempost = new Installation();

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void aPayloadThatIsNoObjectFailsItsRowAlone() {
        poison("welcome", "ada@example.com", "[1, 2, 3]", FailureType.PAYLOAD_INVALID, "payload");
    }

    @Test
    void anUnknownEventTypeFailsItsRowAlone() {
        poison("no_such_type", "ada@example.com", "{}", FailureType.TEMPLATE_INVALID, "no_such_type");
    }

    @Test
    void aMissingVariableFailsItsRowAlone() {
        poison("welcome", "ada@example.com", "{\"nickname\": \"Ada\"}", FailureType.PAYLOAD_INVALID, "name");
    }

    @Test
    void anInvalidAddressFailsItsRowAlone() {
        poison("welcome", "not an address", "{\"name\": \"Ada\"}", FailureType.RECIPIENT_INVALID, "recipient");
    }

    @Test
    void aMissingAddressFailsItsRowAlone() {
        poison("welcome", null, "{\"name\": \"Ada\"}", FailureType.RECIPIENT_INVALID, "recipient");
    }

    private void poison(
            String eventType, @Nullable String recipient, String payload, String failureType, String named) {
        tempost.migrated();
        long before = tempost.welcome("before@example.com");
        long id = tempost.insert(
                "INSERT INTO tempost.outbox (event_type, recipient, payload) VALUES (?, ?, ?::jsonb) RETURNING id",
                eventType,
                recipient,
                payload);
        long after = tempost.welcome("after@example.com");
        tempost.start();

        Rows.Row row = tempost.awaitStatus(id, RowStatus.FAILED);
        tempost.awaitStatus(before, RowStatus.DELIVERED);
        tempost.awaitStatus(after, RowStatus.DELIVERED);

        assertThat(row.lastErrorType()).isEqualTo(failureType);
        assertThat(row.lastError()).contains(named).contains("retry");
        assertThat(row.attempts()).as("attempts that reached a provider").isZero();
        assertThat(tempost.smtp.received()).isEqualTo(2);
    }
}
