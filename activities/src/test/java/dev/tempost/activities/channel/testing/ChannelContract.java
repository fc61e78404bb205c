package dev.tempost.activities.channel.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every channel does, whatever it leads to. A channel's own test extends it, and says how its provider is brought to do
 * what is asked of it here.
 */
@Timeout(60)
public abstract class ChannelContract {

    /** Stands in the recipient or the payload of every message, and in nothing that a channel reports. */
    protected static final String PERSONAL = "Wilhelmina.Quux";

    /** The channel under test; the same during a test. */
    protected abstract Channel channel();

    /** A message that the provider takes, unless it was asked to do something else. */
    protected abstract OutgoingMessage message(UUID key);

    /** From now on the provider refuses every message for good, in these words as far as it has any. */
    protected abstract void refuse(String words);

    /** From now on the provider refuses every message for now. */
    protected abstract void putOff();

    /** From now on the provider takes each message as a whole and never answers. */
    protected abstract void fallSilent();

    /** From now on the provider takes each message as a whole and breaks off the connection. */
    protected abstract void breakOff();

    /** From now on nobody is there. */
    protected abstract void goAway();

    /** The provider takes messages again, after anything but {@link #goAway}. */
    protected abstract void behave();

    /** How many messages the provider has as a whole. */
    protected abstract int received();

    private Outcome send(Attempt attempt) {
        return channel().send(message(UUID.randomUUID()), attempt);
    }

    private String provider() {
        return message(UUID.randomUUID()).provider();
    }

    @Test
    void aMessageIsAccepted() {
        Attempt attempt = Attempt.allowed();

        assertThat(send(attempt)).isInstanceOf(Outcome.Accepted.class);

        assertThat(attempt.asked()).as("the channel asks before it sends").isTrue();
        assertThat(received()).isEqualTo(1);
    }

    @Test
    void manyMessagesAreSentAtTheSameTime() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Outcome>> sends = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                sends.add(threads.submit(() -> send(Attempt.allowed())));
            }
            for (Future<Outcome> send : sends) {
                assertThat(send.get(30, TimeUnit.SECONDS)).isInstanceOf(Outcome.Accepted.class);
            }
        }
        assertThat(received()).isEqualTo(4);
    }

    @Test
    void aRefusalForGoodIsPermanent() {
        refuse("no");

        assertThat(send(Attempt.allowed()))
                .isInstanceOfSatisfying(
                        Outcome.Permanent.class,
                        outcome -> assertThat(outcome.reached()).isTrue());
    }

    @Test
    void aRefusalForNowIsWorthAnotherAttemptAndNoFaultOfTheProvider() {
        putOff();

        assertThat(send(Attempt.allowed())).isInstanceOfSatisfying(Outcome.Transient.class, outcome -> {
            assertThat(outcome.reached()).isTrue();
            assertThat(outcome.fault()).isEqualTo(Fault.MESSAGE);
        });
    }

    @Test
    void aProviderThatIsAwayIsToBlameAndTheAttemptDoesNotCount() {
        goAway();
        Attempt attempt = Attempt.allowed();

        assertThat(send(attempt)).isInstanceOfSatisfying(Outcome.Transient.class, outcome -> {
            assertThat(outcome.reached()).isFalse();
            assertThat(outcome.fault()).isEqualTo(Fault.PROVIDER);
        });
        assertThat(attempt.asked())
                .as("nothing began, so nothing can be ambiguous")
                .isFalse();
    }

    @Test
    void anAttemptThatMayNoLongerSendSendsNothing() {
        assertThat(send(Attempt.tooLate())).isInstanceOfSatisfying(Outcome.Transient.class, outcome -> {
            assertThat(outcome.reached()).isFalse();
            assertThat(outcome.fault()).isEqualTo(Fault.OURS);
        });
        assertThat(send(Attempt.allowed())).as("the next one").isInstanceOf(Outcome.Accepted.class);
        assertThat(received()).isEqualTo(1);
    }

    @Test
    protected void aConnectionThatBreaksOffOnceTheMessageIsThereLeavesItsOutcomeUnknown() {
        breakOff();

        assertThat(send(Attempt.allowed())).isInstanceOf(Outcome.Ambiguous.class);
    }

    @Test
    void theDeadlineEndsASendThatHangsAndNobodyElses() throws Exception {
        fallSilent();
        Attempt attempt = Attempt.allowed();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Outcome> send = threads.submit(() -> send(attempt));
            await().until(() -> attempt.asked());

            attempt.passDeadline();

            assertThat(send.get(30, TimeUnit.SECONDS)).isInstanceOf(Outcome.Ambiguous.class);
        }
        behave();
        assertThat(send(Attempt.allowed())).isInstanceOf(Outcome.Accepted.class);
    }

    @Test
    void aDeadlineThatHasPassedBeforeSendsNothing() {
        Attempt attempt = Attempt.allowed();
        attempt.passDeadline();

        assertThat(send(attempt)).isNotInstanceOf(Outcome.Accepted.class);

        assertThat(received()).isZero();
    }

    @Test
    void nothingPersonalIsReported() {
        refuse("<" + PERSONAL + "@example.com> was last seen as " + PERSONAL);

        assertThat(send(Attempt.allowed()).reply())
                .isNotEmpty()
                .doesNotContainIgnoringCase("wilhelmina")
                .doesNotContainIgnoringCase("quux")
                .hasSizeLessThanOrEqualTo(300);
    }

    @Test
    void theProviderKnowsEveryAttemptOfARowByTheSameName() {
        UUID key = UUID.randomUUID();

        String id = channel().messageId(key, provider());

        assertThat(channel().messageId(key, provider())).isEqualTo(id).isNotBlank();
        assertThat(channel().messageId(UUID.randomUUID(), provider())).isNotEqualTo(id);
    }

    @Test
    void aProbeSendsNothingAndTellsWhoIsThere() {
        assertThat(channel().probe(provider())).isEqualTo(new Health.Ready());
        assertThat(received()).isZero();

        goAway();

        assertThat(channel().probe(provider())).isInstanceOf(Health.Away.class);
    }
}
