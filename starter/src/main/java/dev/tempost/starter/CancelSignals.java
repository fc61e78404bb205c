package dev.tempost.starter;

import dev.tempost.outbox.ClaimedRow;
import dev.tempost.outbox.Claims;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowNotFoundException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Wakes the workflows of rows that somebody wants cancelled, until they have closed. */
final class CancelSignals {

    private static final int AT_ONCE = 100;
    private static final Duration BEFORE_REPEATING = Duration.ofSeconds(10);

    private final WorkflowClient client;
    private final Claims claims;
    private final LostRows lostRows;
    private final Map<Long, Long> signalledAt = new HashMap<>();

    CancelSignals(WorkflowClient client, Claims claims, LostRows lostRows) {
        this.client = client;
        this.claims = claims;
        this.lostRows = lostRows;
    }

    void send() {
        List<ClaimedRow> rows = claims.cancelling(AT_ONCE);
        Set<Long> open = new HashSet<>();
        for (ClaimedRow row : rows) {
            open.add(row.id());
            Long last = signalledAt.get(row.id());
            if (last == null || System.nanoTime() - last > BEFORE_REPEATING.toNanos()) {
                signalledAt.put(row.id(), System.nanoTime());
                signal(row);
            }
        }
        signalledAt.keySet().retainAll(open);
    }

    private void signal(ClaimedRow row) {
        try {
            client.newUntypedWorkflowStub(row.workflowId()).signal("cancel", "the row was cancelled");
        } catch (WorkflowNotFoundException closed) {
            // a live lease means that the start is on its way: the gate will see the cancellation
            if (claims.stillLeased(new long[] {row.id()}).isEmpty()) {
                lostRows.settle(row);
            }
        }
    }
}
