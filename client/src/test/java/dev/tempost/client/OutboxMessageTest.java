package dev.tempost.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class OutboxMessageTest {

    private static OutboxMessage.Builder welcome() {
        return OutboxMessage.of("welcome");
    }

    private static void refused(OutboxMessage.Builder builder, String message) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aMessageNeedsNoMoreThanAnEventType() {
        OutboxMessage message = welcome().build();
        assertThat(message.tenant()).isEqualTo("default");
        assertThat(message.payloadJson()).isEqualTo("{}");
        assertThat(message.headersJson()).isEqualTo("{}");
        assertThat(message.priority()).isEqualTo(3);
        assertThat(message.recipient()).isNull();
    }

    @Test
    void aFieldThatTheTableWouldRefuseIsNamedWithItsRemedy() {
        refused(OutboxMessage.of("a b"), "eventType 'a b': use 1 to 128 letters");
        refused(OutboxMessage.of("welcome\n"), "eventType");
        refused(welcome().tenant("Acme"), "tenant 'Acme': use 1 to 63 lower-case letters");
        refused(welcome().shardKey(""), "shardKey of 0 characters: use 1 to 255, or null for none");
        refused(welcome().jobId("j".repeat(256)), "jobId of 256 characters: use 1 to 255, or null for none");
        refused(welcome().dedupKey("d".repeat(1001)), "dedupKey of 1001 characters: use 1 to 1000");
        refused(welcome().objectKey("o"), "objectKey without shardKey: set the shardKey");
        refused(welcome().priority(0), "priority 0: use 1 (first) to 5 (last)");
        refused(welcome().priority(6), "priority 6");
        refused(welcome().recipient("a\0b"), "recipient contains the character U+0000");
    }

    @Test
    void lengthsAreCountedAsTheTableCountsThem() {
        assertThat(welcome().shardKey("😀".repeat(255)).build().shardKey()).hasSize(510);
        refused(welcome().shardKey("😀".repeat(256)), "shardKey of 256 characters");
    }

    @Test
    void itsTextSaysNothingPersonal() {
        assertThat(welcome()
                        .recipient("a@example.org")
                        .payloadJson("{\"n\": 1}")
                        .build()
                        .toString())
                .doesNotContain("example.org", "{");
    }
}
