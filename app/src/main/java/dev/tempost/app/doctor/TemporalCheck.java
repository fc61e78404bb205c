package dev.tempost.app.doctor;

import dev.tempost.app.failure.Explanation;
import dev.tempost.worker.Namespace;
import dev.tempost.worker.Schedules;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.TaskQueueType;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.taskqueue.v1.RateLimitConfig;
import io.temporal.api.taskqueue.v1.TaskQueue;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.api.workflowservice.v1.DescribeNamespaceResponse;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueRequest;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueResponse;
import io.temporal.client.WorkflowClient;
import io.temporal.client.schedules.ScheduleActionExecutionStartWorkflow;
import io.temporal.client.schedules.ScheduleActionResult;
import io.temporal.client.schedules.ScheduleDescription;
import io.temporal.client.schedules.ScheduleException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Temporal: reachable, and with everything in its namespace that Tempost needs. */
final class TemporalCheck {

    private static final int TIMEOUT_SECONDS = 5;
    private static final Duration SHORT_RETENTION = Duration.ofDays(1);
    private static final Duration LONG_RUN = Duration.ofMinutes(10);

    private final WorkflowClient client;
    private final Namespace namespace;
    private final Schedules schedules;

    TemporalCheck(WorkflowClient client, Namespace namespace, Schedules schedules) {
        this.client = client;
        this.namespace = namespace;
        this.schedules = schedules;
    }

    /** The rest can be asked only when this is no problem. */
    Finding reachable() {
        String name = client.getOptions().getNamespace();
        try {
            DescribeNamespaceResponse answer = client.getWorkflowServiceStubs()
                    .blockingStub()
                    .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .describeNamespace(DescribeNamespaceRequest.newBuilder()
                            .setNamespace(name)
                            .build());
            Duration kept = Duration.ofSeconds(
                    answer.getConfig().getWorkflowExecutionRetentionTtl().getSeconds());
            String says = "namespace " + name + " keeps closed workflows for " + kept.toHours() + " h";
            return kept.compareTo(SHORT_RETENTION) >= 0
                    ? Finding.ok("temporal", says)
                    : Finding.warn(
                            "temporal",
                            says,
                            "after a restore of PostgreSQL, only these tell what was delivered meanwhile: consider a day"
                                    + " or more");
        } catch (StatusRuntimeException e) {
            Explanation explanation = Explanation.of(e);
            return Finding.problem(
                    "temporal",
                    explanation == null ? String.valueOf(e.getMessage()) : explanation.text(),
                    explanation == null ? "set SPRING_TEMPORAL_CONNECTION_TARGET and SPRING_TEMPORAL_NAMESPACE" : "");
        }
    }

    Finding searchAttributes() {
        List<String> missing = namespace.missing();
        return missing.isEmpty()
                ? Finding.ok("search attributes", "present")
                : Finding.problem(
                        "search attributes",
                        "missing: " + String.join(", ", missing),
                        "a replica adds them within a minute; if it may not: temporal operator search-attribute create"
                                + " --name NAME --type Keyword");
    }

    List<Finding> schedules() {
        return schedules.wanted().stream().map(this::schedule).toList();
    }

    /**
     * Whether each rate limit is in force.
     *
     * @param queues the task queues with a limit, and the configured number a second
     */
    List<Finding> paces(Map<String, Double> queues) {
        return queues.entrySet().stream()
                .map(queue -> pace(queue.getKey(), queue.getValue()))
                .toList();
    }

    private Finding pace(String queue, double configured) {
        DescribeTaskQueueResponse answer = client.getWorkflowServiceStubs()
                .blockingStub()
                .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .describeTaskQueue(DescribeTaskQueueRequest.newBuilder()
                        .setNamespace(client.getOptions().getNamespace())
                        .setTaskQueue(TaskQueue.newBuilder().setName(queue))
                        .setTaskQueueType(TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
                        .setReportConfig(true)
                        .build());
        if (answer.getConfig().hasQueueRateLimit()
                && answer.getConfig().getQueueRateLimit().hasRateLimit()) {
            RateLimitConfig set = answer.getConfig().getQueueRateLimit();
            String reason = set.getMetadata().getReason();
            return Finding.warn(
                    "rate limit",
                    queue + ": " + set.getRateLimit().getRequestsPerSecond() + " a second, set in Temporal"
                            + (reason.isEmpty() ? "" : " (" + reason + ")") + " over the configured " + configured,
                    "temporal task-queue config set --task-queue " + queue
                            + " --task-queue-type activity --queue-rps-limit default");
        }
        return answer.getPollersCount() == 0
                ? Finding.problem(
                        "rate limit", queue + ": nobody sends from it", "does a worker run with this setting?")
                : Finding.ok("rate limit", queue + ": " + configured + " a second");
    }

    private Finding schedule(Schedules.Wanted wanted) {
        String subject = "schedule";
        ScheduleDescription found;
        try {
            found = schedules.handle(wanted).describe();
        } catch (ScheduleException e) {
            if (!Schedules.missing(e)) {
                throw e;
            }
            return Finding.problem(
                    subject,
                    wanted.id() + " is missing",
                    "a replica creates it within a minute: does one run, with this namespace and task queue?");
        }
        if (found.getSchedule().getState() != null
                && found.getSchedule().getState().isPaused()) {
            return Finding.warn(
                    subject,
                    wanted.id() + " is paused: "
                            + found.getSchedule().getState().getNote(),
                    "temporal schedule toggle --schedule-id " + wanted.id() + " --unpause --reason WHY");
        }
        List<ScheduleActionResult> runs = found.getInfo().getRecentActions();
        if (runs.isEmpty()) {
            return Finding.warn(subject, wanted.id() + " has not run yet", "look again in " + wanted.interval());
        }
        return lastRun(subject, wanted, runs.getLast());
    }

    private Finding lastRun(String subject, Schedules.Wanted wanted, ScheduleActionResult last) {
        Duration ago = Duration.between(last.getStartedAt(), Instant.now());
        String workflow = ((ScheduleActionExecutionStartWorkflow) last.getAction()).getWorkflowId();
        WorkflowExecutionStatus status =
                client.newUntypedWorkflowStub(workflow).describe().getStatus();
        String says = wanted.id() + " ran " + ago.toSeconds() + " s ago: "
                + status.name().replace("WORKFLOW_EXECUTION_STATUS_", "").toLowerCase(Locale.ROOT);
        String advice = "temporal workflow show --workflow-id " + workflow;
        boolean late = ago.compareTo(wanted.interval().multipliedBy(3).plus(LONG_RUN)) > 0;
        return switch (status) {
            case WORKFLOW_EXECUTION_STATUS_COMPLETED ->
                late
                        ? Finding.problem(subject, says, "look at the schedule in Temporal's UI")
                        : Finding.ok(subject, says);
            case WORKFLOW_EXECUTION_STATUS_RUNNING ->
                ago.compareTo(LONG_RUN) > 0
                        ? Finding.problem(subject, says, "does a worker run? " + advice)
                        : Finding.ok(subject, says);
            default -> Finding.problem(subject, says, advice);
        };
    }
}
