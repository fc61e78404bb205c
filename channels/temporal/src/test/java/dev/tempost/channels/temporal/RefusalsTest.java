package dev.tempost.channels.temporal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.workflows.FailureType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.ResourceExhaustedCause;
import io.temporal.api.errordetails.v1.NamespaceNotFoundFailure;
import io.temporal.api.errordetails.v1.ResourceExhaustedFailure;
import io.temporal.serviceclient.StatusUtils;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class RefusalsTest {

    private static final Set<Status.Code> SAY_NOTHING = Set.of(
            Status.Code.CANCELLED,
            Status.Code.UNKNOWN,
            Status.Code.DEADLINE_EXCEEDED,
            Status.Code.ABORTED,
            Status.Code.OUT_OF_RANGE,
            Status.Code.INTERNAL,
            Status.Code.UNAVAILABLE,
            Status.Code.DATA_LOSS);

    @Test
    void someAnswersSayNothingOfTheRequest() {
        for (Status.Code code : Status.Code.values()) {
            assertThat(Refusals.isUnanswered(code.toStatus().asRuntimeException()))
                    .as("%s", code)
                    .isEqualTo(SAY_NOTHING.contains(code));
        }
    }

    @Test
    void whatIsInvalidIsTheRowsFailureInOurWords() {
        for (List<String> words : List.of(
                List.of("Blob data size exceeds limit.", "larger than Temporal allows"),
                List.of("WorkflowId exceeds maximum allowed length (2000/1000)", "id is longer"),
                List.of("exceeded workflow execution limit for signal events", "as many signals"),
                List.of("Namespace default has no mapping defined for search attribute X", "search attribute"),
                List.of("order-ada@example.com is bad", "look at the row"))) {
            assertThat(outcome(Status.INVALID_ARGUMENT.withDescription(words.getFirst())))
                    .isInstanceOfSatisfying(Outcome.Permanent.class, outcome -> {
                        assertThat(outcome.type()).isEqualTo(FailureType.MESSAGE_REJECTED);
                        assertThat(outcome.reached()).isTrue();
                        assertThat(outcome.reply()).contains(words.getLast()).doesNotContain("ada");
                    });
        }
        assertThat(outcome(Status.RESOURCE_EXHAUSTED.withDescription(
                        "gRPC message exceeds maximum size 4194304: 5000000")))
                .isInstanceOf(Outcome.Permanent.class);
    }

    @Test
    void whatIsUsedUpIsThrottledAndABusyWorkflowIsNot() {
        assertThat(exhausted(ResourceExhaustedCause.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT))
                .isEqualTo(new Outcome.Throttled("Temporal: a rate or a limit is used up", Duration.ofSeconds(5)));
        assertThat(exhausted(ResourceExhaustedCause.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW))
                .isInstanceOfSatisfying(Outcome.Transient.class, outcome -> {
                    assertThat(outcome.type()).isEqualTo(FailureType.WORKFLOW_BUSY);
                    assertThat(outcome.fault()).isEqualTo(Fault.MESSAGE);
                    assertThat(outcome.reached()).isTrue();
                });
    }

    @Test
    void whatNoRowIsToBlameForTakesTheProviderDown() {
        assertThat(down(Status.PERMISSION_DENIED.asRuntimeException())).isEqualTo(FailureType.CREDENTIALS_REJECTED);
        assertThat(down(Status.UNAUTHENTICATED.asRuntimeException())).isEqualTo(FailureType.CREDENTIALS_REJECTED);
        assertThat(down(Status.UNIMPLEMENTED.asRuntimeException())).isEqualTo(FailureType.PROTOCOL_ERROR);
        assertThat(down(StatusUtils.newException(
                        Status.NOT_FOUND.withDescription("Namespace x is not found."),
                        NamespaceNotFoundFailure.newBuilder().setNamespace("x").build(),
                        NamespaceNotFoundFailure.getDescriptor())))
                .isEqualTo(FailureType.PROTOCOL_ERROR);
        assertThat(down(Status.UNAVAILABLE
                        .withCause(new SSLHandshakeException("no certificate of mine"))
                        .asRuntimeException()))
                .isEqualTo(FailureType.CREDENTIALS_REJECTED);
    }

    @Test
    void whateverElseIsForLaterAndDoesNotCount() {
        for (Status.Code code : Arrays.asList(
                Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.FAILED_PRECONDITION)) {
            assertThat(outcome(code.toStatus()))
                    .isEqualTo(new Outcome.Transient(
                            Fault.PROVIDER,
                            FailureType.PROVIDER_UNAVAILABLE,
                            "Temporal could not be asked (" + code + ")",
                            null,
                            false));
            assertThat(Refusals.health(code.toStatus().asRuntimeException(), "default"))
                    .isInstanceOf(Health.Away.class);
        }
    }

    private static Outcome exhausted(ResourceExhaustedCause cause) {
        return Refusals.outcome(
                StatusUtils.newException(
                        Status.RESOURCE_EXHAUSTED.withDescription("namespace rate limit exceeded"),
                        ResourceExhaustedFailure.newBuilder().setCause(cause).build(),
                        ResourceExhaustedFailure.getDescriptor()),
                "default");
    }

    private static String down(StatusRuntimeException e) {
        assertThat(Refusals.health(e, "default")).isInstanceOf(Health.Down.class);
        return ((Outcome.ChannelDown) Refusals.outcome(e, "default")).type();
    }

    private static Outcome outcome(Status status) {
        return Refusals.outcome(status.asRuntimeException(), "default");
    }
}
