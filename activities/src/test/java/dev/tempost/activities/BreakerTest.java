package dev.tempost.activities;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.testing.TestDatabase;
import dev.tempost.workflows.FailureType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BreakerTest {

    private static final BreakerSettings SETTINGS =
            new BreakerSettings(3, Duration.ofMillis(50), Duration.ofMillis(200));
    private static final long ROW = 7;
    private static final Outcome REFUSED =
            new Outcome.Transient(Fault.PROVIDER, FailureType.PROVIDER_UNAVAILABLE, "connection refused", null, false);
    private static final Outcome ACCEPTED = new Outcome.Accepted("250 queued", null);

    private final TestDatabase database = TestDatabase.create();
    private final ProviderHealth health = new ProviderHealth(database.dataSource());
    private final Breaker breaker = new Breaker(health, SETTINGS);

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void failuresInARowTakeAProviderDownAndNoOther() {
        breaker.record("a", ROW, REFUSED);
        breaker.record("b", ROW, REFUSED);
        breaker.record("a", ROW, REFUSED);
        assertThat(health.down()).isEmpty();
        breaker.record("a", ROW, REFUSED);
        assertThat(health.down()).extracting(ProviderHealth.Down::provider).containsExactly("a");
    }

    static List<Outcome> answersOfAProviderThatWorks() {
        return List.of(
                ACCEPTED,
                new Outcome.Transient(Fault.MESSAGE, FailureType.GREYLISTED, "451 later", null, true),
                new Outcome.Permanent(FailureType.MAILBOX_UNKNOWN, "550 no such user", true));
    }

    @ParameterizedTest
    @MethodSource("answersOfAProviderThatWorks")
    void aProviderThatAnswersStaysUp(Outcome answer) {
        for (int i = 0; i < 3; i++) {
            breaker.record("a", ROW, REFUSED);
            breaker.record("a", ROW, REFUSED);
            breaker.record("a", ROW, answer);
        }
        assertThat(health.down()).isEmpty();
    }

    static List<Outcome> noAnswersAtAll() {
        return List.of(
                new Outcome.Permanent(FailureType.TEMPLATE_INVALID, "no template", false),
                new Outcome.Transient(Fault.OURS, FailureType.OUTBOX_UNAVAILABLE, "the ledger was away", null, false),
                new Outcome.Transient(
                        Fault.OURS, FailureType.CONNECTIONS_BUSY, "all connections were busy", null, false),
                new Outcome.Transient(Fault.OURS, FailureType.ATTEMPT_IN_PROGRESS, "too late", null, false),
                new Outcome.Transient(Fault.OURS, FailureType.INTERNAL_ERROR, "a bug", null, true),
                new Outcome.Ambiguous("timeout after the dot"));
    }

    @ParameterizedTest
    @MethodSource("noAnswersAtAll")
    void whatIsNoAnswerOfTheProviderNeitherCountsNorForgives(Outcome outcome) {
        breaker.record("a", ROW, REFUSED);
        breaker.record("a", ROW, REFUSED);
        for (int i = 0; i < 5; i++) {
            breaker.record("a", ROW, outcome);
        }
        assertThat(health.down()).isEmpty();
        breaker.record("a", ROW, REFUSED);
        assertThat(health.down()).hasSize(1);
    }

    @Test
    void refusedCredentialsTakeItDownAtOnce() {
        breaker.record("a", ROW, new Outcome.ChannelDown(FailureType.CREDENTIALS_REJECTED, "535 no"));
        assertThat(health.down()).singleElement().satisfies(down -> {
            assertThat(down.errorType()).isEqualTo(FailureType.CREDENTIALS_REJECTED);
            assertThat(down.error()).isEqualTo("535 no");
        });
    }

    @Test
    void theWaitBetweenProbesDoublesUpToTheLongest() {
        assertThat(List.of(
                        SETTINGS.untilProbe(0, false, null),
                        SETTINGS.untilProbe(1, false, null),
                        SETTINGS.untilProbe(2, false, null),
                        SETTINGS.untilProbe(99, false, null)))
                .containsExactly(
                        Duration.ofMillis(50), Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMillis(200));
    }

    @Test
    void whoeverRefusesOurLoginIsProbedEverMoreSeldom() {
        assertThat(SETTINGS.untilProbe(3, true, null)).isEqualTo(Duration.ofMillis(400));
        assertThat(SETTINGS.untilProbe(99, true, null)).isEqualTo(Duration.ofMinutes(15));
        var patient = new BreakerSettings(3, Duration.ofSeconds(5), Duration.ofHours(1));
        assertThat(patient.untilProbe(99, true, null)).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void whoeverAsksForATimeIsLeftAloneForItUpToAMinute() {
        assertThat(SETTINGS.untilProbe(0, false, Duration.ofSeconds(30))).isEqualTo(Duration.ofSeconds(30));
        assertThat(SETTINGS.untilProbe(99, false, Duration.ofMillis(1))).isEqualTo(Duration.ofMillis(200));
        assertThat(SETTINGS.untilProbe(0, false, Duration.ofHours(1))).isEqualTo(Duration.ofMillis(50));
    }

    @Test
    void aProviderThatThrottlesSeveralRowsInARowIsHeldForAsLongAsItAsks() {
        throttled(1, Duration.ofMinutes(5));
        throttled(2, Duration.ofMinutes(5));
        assertThat(health.down()).isEmpty();
        throttled(3, Duration.ofMinutes(5));

        assertThat(health.down()).singleElement().satisfies(down -> {
            assertThat(down.hold()).isTrue();
            assertThat(down.errorType()).isEqualTo(FailureType.THROTTLED);
            assertThat(Duration.between(down.since(), down.probeAt()))
                    .isCloseTo(Duration.ofMinutes(5), Duration.ofSeconds(1));
        });
    }

    @Test
    void oneRowThatIsThrottledAgainAndAgainHoldsNobodyElse() {
        for (int i = 0; i < 10; i++) {
            throttled(1, null);
        }
        assertThat(health.down()).isEmpty();
    }

    @Test
    void aProviderThatStillAcceptsIsNotHeld() {
        for (int row = 1; row <= 9; row += 3) {
            throttled(row, null);
            throttled(row + 1, null);
            breaker.record("a", row + 2, ACCEPTED);
        }
        assertThat(health.down()).isEmpty();
    }

    @Test
    void withoutAWordOnHowLongEachHoldIsLongerThanTheOneBeforeUntilSomethingIsAccepted() {
        assertThat(List.of(heldFor(), heldFor(), heldFor())).containsExactly(1L, 2L, 4L);
        for (int i = 0; i < 5; i++) {
            heldFor();
        }
        assertThat(heldFor()).isEqualTo(60);
        breaker.record("a", ROW, ACCEPTED);
        assertThat(heldFor()).isEqualTo(1);
    }

    /** Minutes. */
    private long heldFor() {
        for (int row = 1; row <= 3; row++) {
            throttled(row, null);
        }
        ProviderHealth.Down down = health.down().getFirst();
        assertThat(health.hurry("a", "ada")).isTrue();
        assertThat(health.release("a")).isTrue();
        return Duration.between(down.since(), down.probeAt()).plusSeconds(1).toMinutes();
    }

    private void throttled(long row, @Nullable Duration asked) {
        breaker.record("a", row, new Outcome.Throttled("450 4.7.0 rate limited", asked));
    }

    @Test
    void aHeldProviderIsReleasedWithoutAProbe() {
        health.hold("a", FailureType.THROTTLED, "450 4.7.0 rate limited", Duration.ZERO);
        Channel channel = probed(() -> {
            throw new IllegalStateException("probed");
        });
        runs(
                new Probes(health, SETTINGS, Map.of("a", channel)),
                () -> await("the provider to be up")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> health.down().isEmpty()));
    }

    @Test
    void aProbeThatSucceedsBringsItBack() {
        AtomicInteger probes = new AtomicInteger();
        health.takeDown("a", FailureType.CREDENTIALS_REJECTED, "535 no", Duration.ZERO);
        Channel channel = probed(() -> probes.incrementAndGet() < 3
                ? new Health.Down(FailureType.CREDENTIALS_REJECTED, "535 still no")
                : new Health.Ready());
        runs(
                new Probes(health, SETTINGS, Map.of("a", channel)),
                () -> await("the provider to be up")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> health.down().isEmpty()));
        assertThat(probes).hasValue(3);
    }

    @Test
    void aProviderThisProcessDoesNotKnowIsLeftToOthers() {
        AtomicInteger probes = new AtomicInteger();
        health.takeDown("other", FailureType.PROVIDER_UNAVAILABLE, "421", Duration.ZERO);
        health.takeDown("own", FailureType.PROVIDER_UNAVAILABLE, "421", Duration.ZERO);
        Channel channel = probed(() -> {
            probes.incrementAndGet();
            return new Health.Ready();
        });
        runs(
                new Probes(health, SETTINGS, Map.of("own", channel)),
                () -> await("our own to be up")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> health.down().size() == 1));
        assertThat(health.down().getFirst().provider()).isEqualTo("other");
    }

    private static void runs(Probes probes, Runnable meanwhile) {
        probes.start();
        try {
            meanwhile.run();
        } finally {
            probes.stop();
        }
    }

    private interface Answer {
        Health give();
    }

    private static Channel probed(Answer answer) {
        return new Channel() {
            @Override
            public String name() {
                return "scripted";
            }

            @Override
            public String messageId(UUID key, String provider) {
                return "<" + key + "@example.com>";
            }

            @Override
            public Outcome send(OutgoingMessage delivery, Transmission transmission) {
                throw new UnsupportedOperationException("only probed");
            }

            @Override
            public Health probe(String provider) {
                return answer.give();
            }
        };
    }
}
