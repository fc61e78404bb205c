package dev.tempost.channels.temporal;

import static dev.tempost.channels.temporal.TemporalHarness.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.testing.Attempt;
import dev.tempost.activities.channel.testing.ChannelContract;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import io.temporal.api.enums.v1.ResourceExhaustedCause;
import io.temporal.api.errordetails.v1.ResourceExhaustedFailure;
import io.temporal.serviceclient.StatusUtils;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A workflow is a channel like any other, but for one thing: it can be asked again. */
class TemporalContractTest extends ChannelContract {

    private final Relay relay = new Relay(TemporalHarness.target());
    private final TemporalHarness temporal = new TemporalHarness(relay.target());
    private final TemporalChannel channel = temporal.channel(start());

    @AfterEach
    void stop() {
        temporal.close();
        relay.close();
    }

    @Override
    protected Channel channel() {
        return channel;
    }

    @Override
    protected OutgoingMessage message(UUID key) {
        return TemporalHarness.row(key, "{\"orderId\": \"" + PERSONAL + "-" + key + "\", \"then\": \"end\"}");
    }

    @Override
    protected void refuse(String words) {
        temporal.line.refuse(Status.INVALID_ARGUMENT.withDescription(words).asRuntimeException());
    }

    @Override
    protected void putOff() {
        temporal.line.refuse(StatusUtils.newException(
                Status.RESOURCE_EXHAUSTED.withDescription("Workflow is busy."),
                ResourceExhaustedFailure.newBuilder()
                        .setCause(ResourceExhaustedCause.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW)
                        .build(),
                ResourceExhaustedFailure.getDescriptor()));
    }

    @Override
    protected void fallSilent() {
        temporal.line.loseAllReplies();
    }

    @Override
    protected void breakOff() {
        temporal.line.loseAllReplies();
    }

    @Override
    protected void goAway() {
        relay.close();
        await().until(() -> temporal.stubs.getRawChannel().getState(false) != ConnectivityState.READY);
    }

    @Override
    protected void behave() {
        temporal.line.behave();
    }

    @Override
    protected int received() {
        return temporal.line.startedRuns();
    }

    /** Here that is no end: it is asked again as long as there is time. */
    @Test
    @Override
    protected void aConnectionThatBreaksOffOnceTheMessageIsThereLeavesItsOutcomeUnknown() {
        breakOff();
        Attempt attempt = Attempt.allowed();
        CompletableFuture<Outcome> sending =
                CompletableFuture.supplyAsync(() -> channel.send(message(UUID.randomUUID()), attempt));
        await().until(() -> temporal.line.calls().size() > 2);

        attempt.passDeadline();

        assertThat(sending).succeedsWithin(TemporalHarness.TIMEOUT).isInstanceOf(Outcome.Ambiguous.class);
        assertThat(received()).isEqualTo(1);
    }
}
