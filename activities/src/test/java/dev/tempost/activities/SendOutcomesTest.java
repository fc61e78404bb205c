package dev.tempost.activities;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.testing.TestDatabase;
import dev.tempost.workflows.CarriedFailure;
import dev.tempost.workflows.DeliveryActivities;
import dev.tempost.workflows.DeliveryOutcome;
import dev.tempost.workflows.DeliveryPolicy;
import dev.tempost.workflows.DeliveryRequest;
import dev.tempost.workflows.DeliveryResult;
import dev.tempost.workflows.DeliveryWorkflow;
import dev.tempost.workflows.DeliveryWorkflowImpl;
import dev.tempost.workflows.MarkRequest;
import dev.tempost.workflows.MarkResult;
import dev.tempost.workflows.Receipt;
import dev.tempost.workflows.SendRequest;
import dev.tempost.workflows.SendResult;
import io.temporal.activity.LocalActivityOptions;
import io.temporal.api.enums.v1.IndexedValueType;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowOptions;
import io.temporal.common.RetryOptions;
import io.temporal.common.SearchAttributeKey;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.testing.TestActivityEnvironment;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.worker.Worker;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the activities tell the workflow, the row, the ledger and the metrics, for every outcome and every verdict. */
class SendOutcomesTest {

    private static final DeliveryPolicy RESEND =
            new DeliveryPolicy(Duration.ofSeconds(1), 2, Duration.ofHours(1), 3, Duration.ofSeconds(30), false, null);
    private static final DeliveryPolicy IMPATIENT =
            new DeliveryPolicy(Duration.ofSeconds(1), 2, Duration.ofHours(1), 3, Duration.ofSeconds(2), false, null);
    private static final DeliveryPolicy PARK =
            new DeliveryPolicy(Duration.ofSeconds(1), 2, Duration.ofHours(1), 3, Duration.ofSeconds(30), true, null);

    private final TestDatabase database = TestDatabase.create();
    private final TestActivityEnvironment temporal = TestActivityEnvironment.newInstance();
    private final List<SendEvent> events = new CopyOnWriteArrayList<>();
    private final AtomicInteger calls = new AtomicInteger();
    private final Set<Integer> failing = new HashSet<>();
    private UUID key = UUID.randomUUID();
    private long id = 1;
    private final ProviderHealth health = new ProviderHealth(database.dataSource());
    private final DeliveryActivitiesImpl implementation;
    private final Places places = new Places(1);
    // two small shares, one and a half megabytes for a large one
    private final Memory memory = new Memory(4 << 20);
    private final List<String> attempts = new CopyOnWriteArrayList<>();
    private boolean unroutable;
    private boolean placeWasFree = true;
    private final List<Duration> waits = new CopyOnWriteArrayList<>();
    private Runnable afterEachWait = () -> {};
    private int polls;
    private @Nullable String rateLimitedQueue;
    private Script script = transmission -> new Outcome.Accepted("250 ok", null);
    private @Nullable OutgoingMessage sent;

    SendOutcomesTest() {
        implementation = new DeliveryActivitiesImpl(
                new Ledger(sometimesAway()),
                new Breaker(health, new BreakerSettings(5, Duration.ofMinutes(1), Duration.ofMinutes(1))),
                eventType -> {
                    if (unroutable) {
                        throw new IllegalArgumentException("no mail provider");
                    }
                    return new Route(channel(), "default", places, rateLimitedQueue);
                },
                memory,
                listener(),
                Duration.ofMillis(200));
        temporal.registerActivitiesImplementations(implementation);
    }

    @AfterEach
    void stop() {
        temporal.close();
        implementation.close();
        database.close();
    }

    @Test
    void whatHasBegunAlsoEndsWhateverHappens() {
        row("dispatched");
        script = transmission -> new Outcome.Transient(Fault.MESSAGE, "Greylisted", "450 later", null, true);
        failure(RESEND);
        script = transmission -> {
            throw new IllegalStateException("a bug");
        };
        failure(RESEND);
        failing.add(calls.get() + 1);
        failure(RESEND);
        health.takeDown("default", "ProviderUnavailable", "421", Duration.ofMinutes(1));
        failure(RESEND);
        health.bringUp("default");
        script = transmission -> new Outcome.Accepted("250 ok", null);
        send(RESEND);
        send(RESEND);

        assertThat(attempts)
                .containsExactlyElementsOf(Collections.nCopies(6, List.of("begun", "ended")).stream()
                        .flatMap(List::stream)
                        .toList());
        assertThat(placeWasFree).isTrue();
    }

    @Test
    void whatNeverBeganIsToldToHaveEndedToo() {
        row("dispatched");
        rateLimitedQueue = "tempost-provider-default";
        failure(RESEND);
        rateLimitedQueue = null;
        unroutable = true;
        failure(RESEND);
        unroutable = false;
        try (Places.Place taken = places.take(3, Duration.ZERO)) {
            assertThat(taken).isNotNull();
            failure(RESEND);
        }

        assertThat(attempts).containsExactly("ended", "ended", "ended");
        assertThat(sent).isNull();
    }

    @Test
    void aRowThatFindsNoMemoryAsksAgainSoonAndOpensNoAttempt() {
        row("dispatched");
        try (Memory.Share one = memory.take(Duration.ZERO);
                Memory.Share other = memory.take(Duration.ZERO)) {
            assertThat(one).isNotNull();
            assertThat(other).isNotNull();

            ApplicationFailure failure = failure(policy(1));

            assertThat(failure.isNonRetryable()).isFalse();
            assertThat(failure.getType()).isEqualTo("MemoryBusy");
            assertThat(failure.getNextRetryDelay()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
        }
        assertThat(database.number("SELECT count(*) FROM tempost.attempt")).isZero();
        assertThat(outcomes()).containsExactly("waiting");
        assertThat(placeWasFree).isTrue();
    }

    @Test
    void aMessageThatWaitsForMemoryLeavesItsPlaceToOthersAndCountsNoAttempt() {
        row("dispatched");
        try (Memory.Share large = memory.take(Duration.ZERO)) {
            assertThat(Objects.requireNonNull(large).exchange(1 << 20, Duration.ZERO))
                    .isTrue();
            script = transmission -> transmission.reserve(1 << 20)
                    ? new Outcome.Accepted("250 ok", null)
                    : new Outcome.Transient(Fault.OURS, "MemoryBusy", "no room", null, false);
            CompletableFuture<ApplicationFailure> sent =
                    CompletableFuture.supplyAsync(() -> failure(IMPATIENT), Thread::startVirtualThread);
            await().until(() -> memory.waiting() == 1);
            try (Places.Place place = places.take(3, Duration.ZERO)) {
                assertThat(place).isNotNull();
            }

            assertThat(sent.join().getType()).isEqualTo("MemoryBusy");
        }
        assertAttempt("transient", false);
        assertThat(database.number("SELECT attempts FROM tempost.outbox")).isZero();

        assertThat(send(IMPATIENT).outcome()).as("with room").isEqualTo(DeliveryOutcome.DELIVERED);
        assertThat(placeWasFree).isTrue();
        assertThat(memory.waiting()).isZero();
    }

    @Test
    void aRowThatFindsNoPlaceAsksAgainSoonAndOpensNoAttempt() {
        row("dispatched");
        try (Places.Place taken = places.take(3, Duration.ZERO)) {
            assertThat(taken).isNotNull();

            ApplicationFailure failure = failure(policy(1));

            assertThat(failure.isNonRetryable()).isFalse();
            assertThat(failure.getType()).isEqualTo("ConnectionsBusy");
            assertThat(failure.getNextRetryDelay()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
        }
        assertThat(database.number("SELECT count(*) FROM tempost.attempt")).isZero();
        assertThat(outcomes()).containsExactly("waiting");
        assertThat(health.down()).isEmpty();
    }

    @Test
    void thirteenLooksAtAProviderThatIsDownLengthenNoWait() {
        row("dispatched");
        health.takeDown("default", "ProviderUnavailable", "421", Duration.ZERO);
        polls = 0;
        script = transmission -> new Outcome.Transient(Fault.MESSAGE, "MailboxUnavailable", "451 later", null, true);
        afterEachWait = () -> {
            if (++polls == 13) {
                health.bringUp("default");
            }
        };

        WorkflowFailedException failed =
                Objects.requireNonNull(catchThrowableOfType(WorkflowFailedException.class, this::deliver));

        assertThat(failed).hasStackTraceContaining("gave up after 3 attempts");
        assertThat(polls).isGreaterThanOrEqualTo(13);
        assertThat(waits).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
    }

    @Test
    void anAcceptedRowIsDeliveredWithItsProvidersReceipt() {
        row("dispatched");
        script = transmission -> {
            assertThat(transmission.begin()).isTrue();
            return new Outcome.Accepted("250 ok", "4ABC");
        };

        assertThat(send(RESEND)).isEqualTo(new SendResult(DeliveryOutcome.DELIVERED, null));

        assertThat(text("status")).isEqualTo("delivered");
        assertThat(text("provider_message_id")).isEqualTo("4ABC");
        assertThat(events).singleElement().satisfies(event -> {
            assertThat(event.outcome()).isEqualTo("delivered");
            assertThat(event.lag()).isNotNull();
        });
        assertThat(Objects.requireNonNull(sent).key()).isEqualTo(key);
    }

    @Test
    void aLocalSendIsOneLikeAnyOther() {
        row("dispatched");

        assertThat(locally().send(request(null))).isEqualTo(new SendResult(DeliveryOutcome.DELIVERED, null));
        assertThat(text("status")).isEqualTo("delivered");
    }

    @Test
    void aFirstDurableAttemptRepeatsTheCarriedFailureAndSendsNothing() {
        row("dispatched");
        var replies = new ArrayDeque<Outcome>(List.of(
                new Outcome.Transient(Fault.MESSAGE, "Greylisted", "450 later", Duration.ofSeconds(2), true),
                new Outcome.Accepted("250 ok", null)));
        script = transmission -> replies.remove();

        assertThat(deliver().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);
        assertThat(database.number("SELECT count(*) FROM tempost.attempt")).isEqualTo(2);
        assertThat(outcomes()).containsExactly("transient", "delivered");
    }

    @Test
    void attemptsThatReachedTheProviderAreExhausted() {
        row("dispatched");
        script = transmission -> new Outcome.Transient(Fault.MESSAGE, "MailboxUnavailable", "450 later", null, true);

        WorkflowFailedException failed =
                Objects.requireNonNull(catchThrowableOfType(WorkflowFailedException.class, this::deliver));

        assertThat(failed).hasStackTraceContaining("gave up after 3 attempts: 450 later");
        assertThat(text("last_error")).isEqualTo("gave up after 3 attempts: 450 later");
        assertThat(outcomes()).containsExactly("transient", "transient", "rejected", "failed");
    }

    @Test
    void aLaterAttemptThatCarriesAFailureSends() {
        row("dispatched");
        var carried = new CarriedFailure("Greylisted", "450 later", null);

        // outside a server an attempt has no number, hence is not the first
        assertThat(activities().send(request(carried)).outcome()).isEqualTo(DeliveryOutcome.DELIVERED);
    }

    @Test
    void aPermanentRefusalIsNotRepeated() {
        row("dispatched");
        script = transmission -> new Outcome.Permanent("MailboxUnknown", "550 5.1.1 unknown", true);

        ApplicationFailure failure = failure(RESEND);

        assertThat(failure.isNonRetryable()).isTrue();
        assertThat(failure.getType()).isEqualTo("MailboxUnknown");
        assertThat(failure.getOriginalMessage()).isEqualTo("550 5.1.1 unknown");
        assertAttempt("rejected", true);
        assertThat(outcomes()).containsExactly("rejected");
    }

    @Test
    void aTransientRefusalIsRepeatedAfterThePolicysWait() {
        row("dispatched");
        script = transmission -> new Outcome.Transient(Fault.MESSAGE, "MailboxUnavailable", "450 later", null, true);

        ApplicationFailure failure = failure(RESEND);

        assertThat(failure.isNonRetryable()).isFalse();
        assertThat(failure.getType()).isEqualTo("MailboxUnavailable");
        assertThat(failure.getOriginalMessage()).isEqualTo("450 later");
        assertThat(failure.getNextRetryDelay()).isEqualTo(Duration.ofSeconds(1));
        assertAttempt("transient", true);
        assertThat(outcomes()).containsExactly("transient");
        assertThat(database.value("SELECT next_attempt_at > now() FROM tempost.outbox"))
                .isEqualTo(true);
    }

    @Test
    void aWaitTheProviderAsksForIsHonoured() {
        row("dispatched");
        script = transmission ->
                new Outcome.Transient(Fault.MESSAGE, "Greylisted", "450 later", Duration.ofMinutes(5), true);

        assertThat(failure(RESEND).getNextRetryDelay()).isEqualTo(Duration.ofMinutes(5));
        assertThat(database.value("SELECT next_attempt_at > now() + interval '4 minutes' FROM tempost.outbox"))
                .isEqualTo(true);
    }

    @Test
    void theLastAttemptThatReachedTheProviderIsExhausted() {
        row("dispatched");
        script = transmission -> new Outcome.Transient(Fault.MESSAGE, "MailboxUnavailable", "450 later", null, true);

        assertThat(failure(policy(2)).isNonRetryable()).isFalse();
        ApplicationFailure last = failure(policy(2));

        assertThat(last.isNonRetryable()).isTrue();
        assertThat(last.getType()).isEqualTo("MailboxUnavailable");
        assertThat(last.getOriginalMessage()).isEqualTo("gave up after 2 attempts: 450 later");
        assertThat(outcomes()).containsExactly("transient", "rejected");
    }

    @Test
    void attemptsThatNeverReachedTheProviderAreNotExhausted() {
        row("dispatched");
        script = transmission -> new Outcome.Transient(Fault.OURS, "AttemptInProgress", "too late", null, false);

        for (int i = 0; i < 4; i++) {
            assertThat(failure(policy(1)).isNonRetryable()).isFalse();
        }
        assertAttempt("transient", false);
    }

    @Test
    void withoutALimitNothingIsExhausted() {
        row("dispatched");
        script = transmission -> new Outcome.Transient(Fault.MESSAGE, "MailboxUnavailable", "450 later", null, true);

        for (int i = 0; i < 4; i++) {
            assertThat(failure(policy(0)).isNonRetryable()).isFalse();
        }
    }

    @Test
    void aChannelThatIsDownCostsNoAttempt() {
        row("dispatched");
        script = transmission -> new Outcome.ChannelDown("CredentialsRejected", "535 no");

        ApplicationFailure failure = failure(policy(1));

        assertThat(failure.isNonRetryable()).isFalse();
        assertThat(failure.getType()).isEqualTo("CredentialsRejected");
        assertAttempt("transient", false);
        assertThat(health.down()).hasSize(1);
    }

    @Test
    void anAmbiguousAttemptIsRepeated() {
        row("dispatched");
        script = transmission -> new Outcome.Ambiguous("silence");

        ApplicationFailure failure = failure(RESEND);

        assertThat(failure.isNonRetryable()).isFalse();
        assertThat(failure.getType()).isEqualTo("AmbiguousOutcome");
        assertThat(failure.getOriginalMessage()).isEqualTo("silence");
        assertAttempt("ambiguous", true);
        assertThat(outcomes()).containsExactly("ambiguous");
    }

    @Test
    void anAmbiguousAttemptIsParkedWhereThePolicySaysSo() {
        row("dispatched");
        script = transmission -> new Outcome.Ambiguous("silence");

        assertThat(failure(PARK).isNonRetryable()).isTrue();
        ApplicationFailure again = failure(PARK);

        assertThat(again.isNonRetryable()).isTrue();
        assertThat(again.getType()).isEqualTo("AmbiguousOutcome");
        assertThat(outcomes()).containsExactly("ambiguous", "waiting");
        assertThat(database.number("SELECT count(*) FROM tempost.attempt")).isEqualTo(1);
    }

    @Test
    void aFaultOfOursBeforeTheDotCountsAndAfterItIsAmbiguous() {
        row("dispatched");
        script = transmission -> {
            throw new IllegalStateException("ann@example.com");
        };
        ApplicationFailure before = failure(RESEND);
        assertThat(before.getType()).isEqualTo("InternalError");
        assertThat(before.getOriginalMessage()).doesNotContain("ann").contains("IllegalStateException");
        assertAttempt("transient", true);

        script = transmission -> {
            transmission.begin();
            throw new IllegalStateException("ann@example.com");
        };
        assertThat(failure(RESEND).getType()).isEqualTo("AmbiguousOutcome");
    }

    @Test
    void aRowThatHasItsOutcomeIsNotSent() {
        row("cancelled");
        database.execute("UPDATE tempost.outbox SET reason = 'no longer wanted'");

        assertThat(send(RESEND)).isEqualTo(new SendResult(DeliveryOutcome.CANCELLED, null));
        assertThat(outcomes()).containsExactly("cancelled");
        assertThat(sent).isNull();
    }

    @Test
    void aRowThatAnotherRunFailedFailsWithItsFailure() {
        row("failed");
        ApplicationFailure unknown = failure(RESEND);
        assertThat(unknown.isNonRetryable()).isTrue();
        assertThat(unknown.getType()).isEqualTo("WorkflowLost");
        assertThat(unknown.getOriginalMessage()).contains("was failed by another run");

        database.execute("UPDATE tempost.outbox SET last_error_type = 'MailboxUnknown', last_error = '550 unknown'");
        ApplicationFailure known = failure(RESEND);
        assertThat(known.getType()).isEqualTo("MailboxUnknown");
        assertThat(known.getOriginalMessage()).isEqualTo("550 unknown");
        assertThat(outcomes()).containsExactly("failed", "failed");
        assertThat(sent).isNull();
    }

    @Test
    void aRowThatIsPendingAgainWaits() {
        row("pending");

        ApplicationFailure failure = failure(RESEND);

        assertThat(failure.isNonRetryable()).isFalse();
        assertThat(failure.getType()).isEqualTo("RowNotDispatched");
        assertThat(failure.getNextRetryDelay()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(6));
        assertThat(outcomes()).containsExactly("waiting");
    }

    @Test
    void aRowThatIsGoneIsNeverSent() {
        ApplicationFailure failure = failure(RESEND);

        assertThat(failure.isNonRetryable()).isTrue();
        assertThat(failure.getType()).isEqualTo("RowMissing");
        assertThat(sent).isNull();
    }

    @Test
    void anAttemptUnderWayIsWaitedFor() {
        row("dispatched");
        new Ledger(database.dataSource())
                .open(
                        1,
                        key,
                        "another run",
                        false,
                        "default",
                        "<m@example.com>",
                        Duration.ofSeconds(20),
                        false,
                        Set.of());

        ApplicationFailure failure = failure(RESEND);

        assertThat(failure.isNonRetryable()).isFalse();
        assertThat(failure.getType()).isEqualTo("AttemptInProgress");
        assertThat(failure.getNextRetryDelay()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(21));
        assertThat(outcomes()).containsExactly("waiting");
        assertThat(sent).isNull();
    }

    @Test
    void nothingIsSentThroughAProviderThatIsDown() {
        row("dispatched");
        health.takeDown("default", "CredentialsRejected", "535 no", Duration.ofMinutes(1));

        ApplicationFailure failure = failure(RESEND);

        assertThat(failure.isNonRetryable()).isFalse();
        assertThat(failure.getType()).isEqualTo("CredentialsRejected");
        assertThat(failure.getOriginalMessage()).contains("nothing was sent", "default", "535 no");
        assertThat(failure.getNextRetryDelay()).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(70));
        assertThat(sent).isNull();
    }

    @Test
    void whatAnOperatorWroteIntoAPauseStaysInPostgresql() {
        row("dispatched");
        database.execute("INSERT INTO tempost.pause (paused_by, reason) VALUES ('ann', 'Bob of ACME complained')");

        ApplicationFailure failure = failure(RESEND);

        assertThat(failure.getType()).isEqualTo("Paused");
        assertThat(failure.getOriginalMessage()).contains("paused").doesNotContain("Bob", "ann");
        assertThat(failure.isNonRetryable()).isFalse();
    }

    @Test
    void aQuotaCostsNoAttemptAndAfterThreeRowsHoldsTheProvider() {
        script = transmission -> new Outcome.Throttled("550 5.4.5 daily quota exceeded", Duration.ofMinutes(30));
        for (int row = 0; row < 3; row++) {
            assertThat(health.down()).isEmpty();
            key = UUID.randomUUID();
            row("dispatched");
            id = row + 1L;
            ApplicationFailure failure = failure(policy(1));
            assertThat(failure.isNonRetryable()).isFalse();
            assertThat(failure.getType()).isEqualTo("Throttled");
            assertThat(failure.getNextRetryDelay()).isEqualTo(Duration.ofMinutes(30));
            assertAttempt("transient", false);
        }

        assertThat(health.down())
                .singleElement()
                .satisfies(down -> assertThat(down.hold()).isTrue());
        assertThat(database.number("SELECT sum(attempts) FROM tempost.outbox")).isZero();
    }

    @Test
    void noWaitGoesBeyondTheExpiryThatTheRowHasNow() {
        row("dispatched");
        database.execute("UPDATE tempost.outbox SET expires_at = now() + interval '10 minutes'");
        script = transmission ->
                new Outcome.Transient(Fault.MESSAGE, "Greylisted", "450 later", Duration.ofHours(1), true);

        assertThat(failure(RESEND).getNextRetryDelay()).isLessThanOrEqualTo(Duration.ofMinutes(11));

        database.execute("UPDATE tempost.outbox SET expires_at = now()");
        assertThat(send(RESEND)).isEqualTo(new SendResult(DeliveryOutcome.EXPIRED, null));
    }

    @Test
    void aFailureOfTheProviderThatDidNotCountLengthensNoWait() {
        row("dispatched");
        script = transmission ->
                new Outcome.Transient(Fault.PROVIDER, "ProviderUnavailable", "connection refused", null, false);

        for (int i = 0; i < 3; i++) {
            assertThat(failure(policy(1)).getNextRetryDelay()).isEqualTo(Duration.ofSeconds(1));
        }
    }

    @Test
    void nothingIsSentWhileTheLedgerIsAway() {
        row("dispatched");
        failing.add(1);

        ApplicationFailure failure = failure(RESEND);

        assertThat(failure.isNonRetryable()).isFalse();
        assertThat(failure.getType()).isEqualTo("OutboxUnavailable");
        assertThat(failure.getOriginalMessage()).startsWith("nothing was sent: ");
        assertThat(failure.getNextRetryDelay()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(15));
        assertThat(outcomes()).containsExactly("transient");
        assertThat(sent).isNull();
    }

    @Test
    void aMailWhoseDotTheLedgerCouldNotBeToldOfIsNotSent() {
        row("dispatched");
        failing.add(2);
        script = transmission -> {
            assertThat(transmission.begin()).isFalse();
            return new Outcome.Transient(Fault.OURS, "AttemptInProgress", "not begun", null, false);
        };

        assertThat(failure(RESEND).getType()).isEqualTo("OutboxUnavailable");
        assertAttempt("transient", false);
    }

    @Test
    void anAcceptanceThatCouldNotBeRecordedIsCarriedByTheReceipt() {
        row("dispatched");
        failing.add(2);
        script = transmission -> new Outcome.Accepted("250 ok", "4ABC");

        SendResult result = send(RESEND);

        assertThat(result)
                .isEqualTo(new SendResult(DeliveryOutcome.DELIVERED, new Receipt(1, "default", "250 ok", "4ABC")));
        assertThat(text("status")).isEqualTo("dispatched");
        assertThat(outcomes()).containsExactly("delivered");

        assertThat(activities().mark(mark(DeliveryOutcome.DELIVERED, false, result.unrecorded())))
                .isEqualTo(new MarkResult(DeliveryOutcome.DELIVERED));
        assertThat(text("status")).isEqualTo("delivered");
    }

    @Test
    void aRefusalAtTheDotThatCouldNotBeRecordedIsRecordedBeforeTheRowIsMarked() {
        row("dispatched");
        script = transmission -> {
            assertThat(transmission.begin()).isTrue();
            failing.add(calls.get() + 1);
            return new Outcome.Permanent("MessageRejected", "554 spam", true);
        };
        assertThat(failure(RESEND).getType()).isEqualTo("MessageRejected");

        assertThat(activities().mark(mark(DeliveryOutcome.FAILED, false, null)))
                .isEqualTo(new MarkResult(DeliveryOutcome.FAILED));

        assertAttempt("rejected", true);
        assertThat(text("reason")).isNull();
    }

    @Test
    void aRefusalAtTheDotThatCouldNotBeRecordedIsRecordedBeforeTheRowIsSentAgain() {
        row("dispatched");
        script = transmission -> {
            assertThat(transmission.begin()).isTrue();
            failing.add(calls.get() + 1);
            return new Outcome.Transient(Fault.MESSAGE, "MailboxUnavailable", "451 later", null, true);
        };
        assertThat(failure(RESEND).isNonRetryable()).isFalse();
        script = transmission -> new Outcome.Accepted("250 ok", null);

        assertThat(send(RESEND).outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(database.text("SELECT string_agg(phase, ', ' ORDER BY attempt) FROM tempost.attempt"))
                .isEqualTo("transient, accepted");
    }

    @Test
    void aRefusalThatCouldNotBeRecordedIsRecordedByItselfToo() {
        row("dispatched");
        script = transmission -> {
            assertThat(transmission.begin()).isTrue();
            failing.add(calls.get() + 1);
            return new Outcome.Permanent("MessageRejected", "554 spam", true);
        };
        failure(RESEND);

        await().until(() -> "rejected".equals(database.text("SELECT phase FROM tempost.attempt")));
    }

    @Test
    void aRefusalThatCouldNotBeRecordedIsTold() {
        row("dispatched");
        failing.add(2);
        script = transmission -> new Outcome.Permanent("MailboxUnknown", "550 unknown", true);

        assertThat(failure(RESEND).getType()).isEqualTo("MailboxUnknown");
        assertThat(outcomes()).containsExactly("rejected");
    }

    @Test
    void aRowIsMarkedWithItsOutcome() {
        row("dispatched");

        assertThat(activities().mark(mark(DeliveryOutcome.FAILED, false, null)))
                .isEqualTo(new MarkResult(DeliveryOutcome.FAILED));

        assertThat(text("status")).isEqualTo("failed");
        assertThat(text("last_error_type")).isEqualTo("MailboxUnknown");
        assertThat(text("last_error")).isEqualTo("550 unknown");
        assertThat(outcomes()).containsExactly("failed");
    }

    @Test
    void aRowThatWasDeliveredMeanwhileStaysSoAndNobodyCountsAFailure() {
        row("delivered");

        assertThat(activities().mark(mark(DeliveryOutcome.FAILED, false, null)))
                .isEqualTo(new MarkResult(DeliveryOutcome.DELIVERED));
        assertThat(events).isEmpty();
    }

    @Test
    void aResetThatOnlyReplayedItsFailureIsToldToSendAgain() {
        row("failed");

        assertThat(activities().mark(mark(DeliveryOutcome.FAILED, true, null)))
                .isEqualTo(new MarkResult(DeliveryOutcome.SEND_AGAIN));
        assertThat(events).isEmpty();
    }

    @Test
    void aRowThatIsGoneCannotBeMarked() {
        assertThat(activities().mark(mark(DeliveryOutcome.FAILED, false, null)))
                .isEqualTo(new MarkResult(DeliveryOutcome.MISSING));
    }

    @Test
    void aMarkThatCouldNotBeWrittenIsRepeated() {
        row("dispatched");
        failing.add(1);

        ApplicationFailure failure = failureOf(() -> activities().mark(mark(DeliveryOutcome.FAILED, false, null)));

        assertThat(failure.isNonRetryable()).isFalse();
        assertThat(failure.getType()).isEqualTo("OutboxUnavailable");
    }

    private SendListener listener() {
        return new SendListener() {
            @Override
            public void onOutcome(SendEvent event) {
                events.add(event);
                if (event.outcome().equals("waiting")) {
                    afterEachWait.run();
                } else if (database.value(
                                "SELECT extract(epoch FROM next_attempt_at - last_error_at)" + " FROM tempost.outbox")
                        instanceof Number seconds) {
                    waits.add(Duration.ofSeconds(Math.round(seconds.doubleValue())));
                }
            }

            @Override
            public void onBegun(long id) {
                attempts.add("begun");
            }

            @Override
            public void onEnded(long id) {
                attempts.add("ended");
                // what was reported as over takes up no place any more
                try (Places.Place place = places.take(3, Duration.ZERO)) {
                    placeWasFree &= place != null;
                }
            }
        };
    }

    private interface Script {
        Outcome play(Transmission transmission);
    }

    private void row(String status) {
        database.execute(
                "INSERT INTO tempost.outbox (key, event_type, recipient, status) VALUES (?, 'welcome', 'a@example.com', ?)",
                key,
                status);
    }

    private SendResult send(DeliveryPolicy policy) {
        var delivery = new DeliveryRequest(id, key.toString(), "default", "welcome", 3, policy);
        return activities().send(SendRequest.once(delivery, false));
    }

    private SendRequest request(@Nullable CarriedFailure carried) {
        return new SendRequest(
                new DeliveryRequest(id, key.toString(), "default", "welcome", 3, RESEND),
                false,
                carried,
                carried == null ? null : carried.type());
    }

    /** As the whole workflow does it, with time skipped. */
    private DeliveryResult deliver() {
        try (TestWorkflowEnvironment server = TestWorkflowEnvironment.newInstance()) {
            Worker worker = server.newWorker("deliveries");
            server.registerSearchAttribute("TempostFailureType", IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD);
            worker.registerWorkflowImplementationFactory(
                    DeliveryWorkflow.class,
                    () -> new DeliveryWorkflowImpl(SearchAttributeKey.forKeyword("TempostFailureType")));
            worker.registerActivitiesImplementations(implementation);
            server.start();
            return server.getWorkflowClient()
                    .newWorkflowStub(
                            DeliveryWorkflow.class,
                            WorkflowOptions.newBuilder()
                                    .setTaskQueue("deliveries")
                                    .build())
                    .deliver(request(null).delivery());
        }
    }

    private DeliveryActivities locally() {
        return temporal.newLocalActivityStub(
                DeliveryActivities.class,
                LocalActivityOptions.newBuilder()
                        .setStartToCloseTimeout(Duration.ofMinutes(1))
                        .setRetryOptions(
                                RetryOptions.newBuilder().setMaximumAttempts(1).build())
                        .build(),
                Map.of());
    }

    private ApplicationFailure failure(DeliveryPolicy policy) {
        return failureOf(() -> send(policy));
    }

    private static ApplicationFailure failureOf(Runnable call) {
        ActivityFailure failure = Objects.requireNonNull(catchThrowableOfType(ActivityFailure.class, call::run));
        assertThat(failure.getCause()).isInstanceOf(ApplicationFailure.class);
        return (ApplicationFailure) Objects.requireNonNull(failure.getCause());
    }

    private MarkRequest mark(DeliveryOutcome outcome, boolean reset, @Nullable Receipt receipt) {
        return new MarkRequest(
                1,
                key.toString(),
                "default",
                "welcome",
                reset,
                outcome,
                "MailboxUnknown",
                "550 unknown",
                null,
                receipt);
    }

    @Test
    void aSendThatWouldPassItsProvidersLimitByOpensNoAttemptAndNamesTheQueueToSendFrom() {
        row("dispatched");
        rateLimitedQueue = "tempost-provider-default";

        ActivityFailure ended =
                catchThrowableOfType(ActivityFailure.class, () -> activities().send(request(null)));

        assertThat(ended.getCause()).isInstanceOfSatisfying(ApplicationFailure.class, failure -> {
            assertThat(failure.getType()).isEqualTo("RateLimitedElsewhere");
            assertThat(failure.isNonRetryable()).isTrue();
            assertThat(failure.getDetails().get(String.class)).isEqualTo("tempost-provider-default");
        });

        assertThat(database.number("SELECT count(*) FROM tempost.attempt")).isZero();
        assertThat(events).isEmpty();
    }

    private DeliveryActivities activities() {
        return temporal.newActivityStub(DeliveryActivities.class);
    }

    private static DeliveryPolicy policy(int maxAttempts) {
        return new DeliveryPolicy(
                Duration.ofSeconds(1), 2, Duration.ofHours(1), maxAttempts, Duration.ofSeconds(30), false, null);
    }

    private List<String> outcomes() {
        return events.stream().map(SendEvent::outcome).toList();
    }

    private void assertAttempt(String phase, boolean reached) {
        assertThat(database.text("SELECT phase FROM tempost.attempt ORDER BY attempt DESC LIMIT 1"))
                .isEqualTo(phase);
        assertThat(database.value("SELECT reached FROM tempost.attempt ORDER BY attempt DESC LIMIT 1"))
                .isEqualTo(reached);
    }

    private @Nullable String text(String column) {
        return database.text("SELECT " + column + " FROM tempost.outbox");
    }

    private Channel channel() {
        return new Channel() {
            @Override
            public String name() {
                return "scripted";
            }

            @Override
            public String messageId(UUID row, String provider) {
                return "<" + row + "@example.com>";
            }

            @Override
            public Outcome send(OutgoingMessage delivery, Transmission transmission) {
                sent = delivery;
                return script.play(transmission);
            }

            @Override
            public Health probe(String provider) {
                return new Health.Ready();
            }
        };
    }

    /** Away for the calls whose numbers, from 1, are in {@link #failing}. */
    private DataSource sometimesAway() {
        return (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("getConnection") && failing.contains(calls.incrementAndGet())) {
                        throw new SQLException("the connection attempt failed", "08001");
                    }
                    try {
                        return method.invoke(database.dataSource(), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
