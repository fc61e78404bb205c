package dev.tempost.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.temporal.activity.ActivityOptions;
import io.temporal.common.interceptors.WorkerInterceptorBase;
import io.temporal.common.interceptors.WorkflowInboundCallsInterceptor;
import io.temporal.common.interceptors.WorkflowInboundCallsInterceptorBase;
import io.temporal.common.interceptors.WorkflowOutboundCallsInterceptor;
import io.temporal.common.interceptors.WorkflowOutboundCallsInterceptorBase;
import io.temporal.worker.WorkerFactoryOptions;
import java.time.Duration;

/** Shortens the half hour that a send may wait in a task queue: no test server skips time while one waits there. */
final class Impatience extends WorkerInterceptorBase {

    static WorkerFactoryOptions options() {
        return WorkerFactoryOptions.newBuilder()
                .setWorkerInterceptors(new Impatience())
                .build();
    }

    @Override
    public WorkflowInboundCallsInterceptor interceptWorkflow(WorkflowInboundCallsInterceptor next) {
        return new WorkflowInboundCallsInterceptorBase(next) {
            @Override
            public void init(WorkflowOutboundCallsInterceptor outbound) {
                super.init(new WorkflowOutboundCallsInterceptorBase(outbound) {
                    @Override
                    public <R> ActivityOutput<R> executeActivity(ActivityInput<R> input) {
                        return super.executeActivity(
                                input.getOptions().getScheduleToStartTimeout() == null ? input : shortened(input));
                    }
                });
            }
        };
    }

    private static <R> WorkflowOutboundCallsInterceptor.ActivityInput<R> shortened(
            WorkflowOutboundCallsInterceptor.ActivityInput<R> input) {
        assertThat(input.getOptions().getScheduleToStartTimeout()).isEqualTo(Duration.ofMinutes(30));
        return new WorkflowOutboundCallsInterceptor.ActivityInput<>(
                input.getActivityName(),
                input.getResultClass(),
                input.getResultType(),
                input.getArgs(),
                ActivityOptions.newBuilder(input.getOptions())
                        .setScheduleToStartTimeout(Duration.ofSeconds(2))
                        .build(),
                input.getHeader());
    }
}
