package dev.tempost.channels.temporal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.UnsendableRow;
import dev.tempost.channels.temporal.WorkflowProvider.Arguments;
import dev.tempost.workflows.FailureType;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class IdTemplateTest {

    private static final UUID KEY = UUID.fromString("0b5f4f0e-6a55-4f3e-9d0a-0c8c3a1d2e4f");

    @Test
    void anIdIsTextAndWhatTheRowHolds() {
        assertThat(id("{key}", "{}")).isEqualTo(KEY.toString());
        assertThat(id("{tenant}/order-{payload.orderId}", "{\"orderId\": 17}")).isEqualTo("club-7/order-17");
        assertThat(id("{recipient}", "{}")).isEqualTo("ada@example.com");
        assertThat(id("{payload.a}-{payload.b}-{payload.a}", "{\"a\": \"$1\\\\\", \"b\": true}"))
                .isEqualTo("$1\\-true-$1\\");
        assertThat(id("{payload.price}", "{\"price\": 19.90, \"x\": {\"price\": 1}}"))
                .isEqualTo("19.90");
    }

    @Test
    void aFieldThatIsMissingIsTheRowsFailureAndIsNamed() {
        for (String payload : List.of(
                "{}",
                "{\"orderId\": null}",
                "{\"orderId\": \"\"}",
                "{\"orderId\": [1]}",
                "{\"orderId\": {\"x\": 1}}",
                "{\"x\": {\"orderId\": 1}}")) {
            assertThat(refused("order-{payload.orderId}", "ada@example.com", payload))
                    .as(payload)
                    .isEqualTo(new Outcome.Permanent(
                            FailureType.PAYLOAD_INVALID,
                            "column payload has no text or number orderId, and the workflow's id is made of it: set it,"
                                    + " then retry",
                            false));
        }
        assertThat(refused("{recipient}", null, "{}"))
                .isEqualTo(new Outcome.Permanent(
                        FailureType.RECIPIENT_INVALID,
                        "column recipient is empty, and the workflow's id is made of it: set it, then retry",
                        false));
    }

    @Test
    void aTemplateThatNoRowCouldFillIsRefused() {
        for (String template : List.of("", " ", "order-{", "{orderId}", "{payload.}", "{payload}", "}{", "{{key}}")) {
            assertThatThrownBy(() -> new IdTemplate(template))
                    .as(template)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("workflow-id is '" + template + "'");
        }
    }

    @Test
    void theKeyAloneMakesAnIdOfNothingElse() {
        assertThat(new IdTemplate("order-{key}").of(KEY)).isEqualTo("order-" + KEY);
        assertThat(new IdTemplate("{tenant}-{key}").of(KEY)).isNull();
    }

    @Test
    void aPayloadThatIsCutIsRefused() {
        assertThat(refused("{key}", null, "{\"x\": \"" + "é".repeat(OutgoingMessage.MAX_BYTES / 2) + "\"}"))
                .isInstanceOfSatisfying(
                        Outcome.Permanent.class,
                        outcome -> assertThat(outcome.reply()).startsWith("column payload has more than"));
    }

    @Test
    void argumentsThatAreNoListAreRefused() {
        for (String payload : List.of("{}", "{\"arguments\": {}}", "{\"x\": {\"arguments\": []}}")) {
            assertThatThrownBy(() -> PayloadReader.arguments(payload))
                    .as(payload)
                    .isInstanceOf(UnsendableRow.class)
                    .hasMessageStartingWith("column payload has no array arguments");
        }
        assertThat(PayloadReader.arguments("{\"arguments\": []}")).isEmpty();
        assertThat(PayloadReader.arguments("{\"arguments\": [[1, 2.50], \"a\\\"b\", {\"c\": null}], \"x\": [3]}"))
                .containsExactly("[1,2.50]", "\"a\\\"b\"", "{\"c\":null}");
    }

    private static String id(String template, String payload) {
        return WorkflowRequest.of(row("ada@example.com", payload), provider(template))
                .workflowId();
    }

    private static Outcome refused(String template, @Nullable String recipient, String payload) {
        try {
            throw new AssertionError(WorkflowRequest.of(row(recipient, payload), provider(template)));
        } catch (UnsendableRow e) {
            return e.outcome();
        }
    }

    private static WorkflowProvider provider(String template) {
        return new WorkflowProvider(
                "orders",
                null,
                "default",
                new WorkflowAction.Signal("note"),
                new IdTemplate(template),
                Arguments.PAYLOAD);
    }

    private static OutgoingMessage row(@Nullable String recipient, String payload) {
        return new OutgoingMessage(17, KEY, "club-7", "order-placed", recipient, payload, "{}", "orders");
    }
}
