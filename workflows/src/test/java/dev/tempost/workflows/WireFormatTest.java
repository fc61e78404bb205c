package dev.tempost.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.temporal.common.converter.DataConverter;
import io.temporal.common.converter.DefaultDataConverter;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What runs in histories must stay readable: a renamed component is a broken delivery. */
class WireFormatTest {

    private static final DataConverter CONVERTER = DefaultDataConverter.newDefaultInstance();
    private static final String KEY = "0b5f4f0e-6a55-4f3e-9d0a-0c8c3a1d2e4f";
    private static final Repaired REPAIRED = Repaired.row(7, "terminated", "failed");
    private static final DeliveryRequest DELIVERY = new DeliveryRequest(
            7,
            KEY,
            "acme",
            "welcome",
            2,
            new DeliveryPolicy(
                    Duration.ofSeconds(30), 2, Duration.ofHours(1), 8, Duration.ofMillis(60_500), true, null));
    private static final String DELIVERY_JSON = """
        {"id":7,"key":"0b5f4f0e-6a55-4f3e-9d0a-0c8c3a1d2e4f","tenant":"acme","eventType":"welcome",\
        "priority":2,"policy":{"initialInterval":30.000000000,"factor":2.0,\
        "maxInterval":3600.000000000,"maxAttempts":8,"attemptDeadline":60.500000000,"parkWhenAmbiguous":true,\
        "rateLimitedQueue":null}}\
        """;

    @TestFactory
    Stream<DynamicTest> everythingThatCrossesKeepsItsFields() {
        return Stream.of(
                same(DELIVERY, DELIVERY_JSON),
                same(new DeliveryResult(KEY, DeliveryOutcome.CANCELLED, "withdrawn"), """
                    {"key":"0b5f4f0e-6a55-4f3e-9d0a-0c8c3a1d2e4f","outcome":"cancelled","reason":"withdrawn"}\
                    """),
                same(
                        new SendRequest(
                                DELIVERY,
                                true,
                                new CarriedFailure("Greylisted", "451", Duration.ofMinutes(5)),
                                "Greylisted"),
                        "{\"delivery\":" + DELIVERY_JSON + ",\"reset\":true,"
                                + "\"carried\":{\"type\":\"Greylisted\",\"message\":\"451\",\"retryAfter\":300.000000000},\"known\":\"Greylisted\"}"),
                same(new SendNowResult(DeliveryOutcome.DELIVERED, null, null), """
                    {"outcome":"delivered","failureType":null,"message":null}\
                    """),
                same(new SendResult(DeliveryOutcome.DELIVERED, new Receipt(2, "smtp", "250 ok", "4ABC")), """
                    {"outcome":"delivered",\
                    "unrecorded":{"attempt":2,"provider":"smtp","reply":"250 ok","providerMessageId":"4ABC"}}\
                    """),
                same(
                        new MarkRequest(
                                7,
                                KEY,
                                "acme",
                                "welcome",
                                true,
                                DeliveryOutcome.FAILED,
                                "MailboxUnknown",
                                "550",
                                "why",
                                new Receipt(1, "smtp", "250 ok", null)),
                        """
                        {"id":7,"key":"0b5f4f0e-6a55-4f3e-9d0a-0c8c3a1d2e4f","tenant":"acme","eventType":"welcome",\
                        "reset":true,"outcome":"failed","failureType":"MailboxUnknown","message":"550","reason":"why",\
                        "receipt":{"attempt":1,"provider":"smtp","reply":"250 ok","providerMessageId":null}}\
                        """),
                same(new MarkResult(DeliveryOutcome.SEND_AGAIN), "{\"outcome\":\"send_again\"}"),
                same(new ReconcileActivities.Look(3, 2, 1, REPAIRED), """
                    {"waiting":3,"running":2,"wedged":1,\
                    "repaired":{"counts":{"terminated: failed":1},"rows":[7]}}\
                    """),
                same(new ReconcileActivities.Part(REPAIRED, 9, true), """
                    {"repaired":{"counts":{"terminated: failed":1},"rows":[7]},"upTo":9,"last":true}\
                    """),
                same(new ReconcileResult(3, 2, 1, true, REPAIRED.counts(), REPAIRED.rows()), """
                    {"waiting":3,"running":2,"wedged":1,"compared":true,\
                    "repaired":{"terminated: failed":1},"rows":[7]}\
                    """),
                same(new RetainResult(Map.of("delivered", 500L), Map.of("failed", 7L), true), """
                    {"removed":{"delivered":500},"scrubbed":{"failed":7},"more":true}\
                    """));
    }

    @Test
    void aDeliveryStartedBeforeThereWereRateLimitsHasNone() {
        var payload = CONVERTER.toPayload(DELIVERY).orElseThrow();
        var older = payload.toBuilder()
                .setData(ByteString.copyFromUtf8(
                        payload.getData().toStringUtf8().replace(",\"rateLimitedQueue\":null", "")))
                .build();

        assertThat(older).isNotEqualTo(payload);
        assertThat(CONVERTER.fromPayload(older, DeliveryRequest.class, DeliveryRequest.class))
                .isEqualTo(DELIVERY);
    }

    private static DynamicTest same(Object value, String json) {
        return DynamicTest.dynamicTest(value.getClass().getSimpleName(), () -> {
            var payload = CONVERTER.toPayload(value).orElseThrow();
            assertThat(payload.getData().toStringUtf8()).isEqualTo(json);
            assertThat((Object) CONVERTER.fromPayload(payload, value.getClass(), value.getClass()))
                    .isEqualTo(value);
        });
    }
}
