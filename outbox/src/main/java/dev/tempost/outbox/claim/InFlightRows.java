package dev.tempost.outbox.claim;

import dev.tempost.outbox.claim.ClaimRules.ProviderLimit;
import java.util.List;
import java.util.function.Predicate;

/** What is in flight in all replicas together, by tenant and event type, as one statement saw it. */
record InFlightRows(List<Count> counts) {

    /** How many rows a tenant has of an event type. */
    record Count(String tenant, String eventType, int rows) {}

    /** Whether the limits leave room for another row of a lane; the claim itself decides. */
    boolean leaveRoomFor(Lane lane, ClaimRules rules) {
        Integer limit = rules.limitOf(lane.tenant());
        if (limit != null && limit <= rows(count -> count.tenant().equals(lane.tenant()))) {
            return false;
        }
        ProviderLimit provider = rules.providerLimitOf(lane.eventType());
        return provider == null
                || provider.inFlight() > rows(count -> provider.eventTypes().contains(count.eventType()));
    }

    private int rows(Predicate<Count> which) {
        return counts.stream().filter(which).mapToInt(Count::rows).sum();
    }
}
