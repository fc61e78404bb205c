package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.ClaimedRow;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** How often in a row claims passed over a lane that had a row to give. */
final class PassedOver {

    /** A lane as the model knows it. */
    record ModelLane(int priority, String tenant, String eventType) {

        static ModelLane of(ModelRow row) {
            return new ModelLane(row.insert.priority(), row.insert.tenant(), row.insert.eventType());
        }
    }

    /** What the model's two tenants have of its two event types at one priority, some of it not ready to go. */
    private static final int LANES = 4;

    private final Map<ModelLane, Integer> times = new HashMap<>();

    /**
     * Notes a claim, and asserts that no lane was passed over more often than there are lanes of its priority.
     *
     * @param ready the lanes that had a row to give when it began
     * @param full whether it took as many rows as it could
     */
    void claimed(Set<ModelLane> ready, List<ClaimedRow> taken, boolean full) {
        times.keySet().retainAll(ready);
        Set<ModelLane> served = taken.stream()
                .map(row -> new ModelLane(row.priority(), row.tenant(), row.eventType()))
                .collect(Collectors.toSet());
        for (ModelLane lane : ready) {
            if (served.contains(lane)) {
                times.remove(lane);
            } else if (!full || taken.stream().anyMatch(row -> row.priority() >= lane.priority())) {
                times.merge(lane, 1, Integer::sum);
            }
        }
        times.forEach((lane, passed) -> assertThat(passed)
                .as("claims that passed over %s in a row", lane)
                .isLessThanOrEqualTo(LANES));
    }
}
