package dev.tempost.starter;

import com.netflix.concurrency.limits.limit.FixedLimit;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.rows.ClaimedRow;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** Rows and routes for the tests of this package. An event type's name is its provider's. */
final class Given {

    static final int BULK = 3;
    static final Instant LEASE = Instant.parse("2026-11-26T12:00:00Z");

    private Given() {}

    static ClaimedRow row(long id) {
        return row(id, "mail", BULK);
    }

    static ClaimedRow carried(long id, String batch) {
        return new ClaimedRow(id, new UUID(0, id), "default", "mail", BULK, null, null, null, LEASE, batch);
    }

    static ClaimedRow urgent(long id) {
        return row(id, "mail", Claims.URGENT);
    }

    static ClaimedRow row(long id, String eventType, int priority) {
        return new ClaimedRow(id, new UUID(0, id), "default", eventType, priority, null, null, null, LEASE, null);
    }

    /** As many as that may wait for Temporal, always. */
    static Flights flights(int capacity, Routing routing, Runnable whenThereIsRoom, LongSupplier nanoTime) {
        return new Flights(FixedLimit.of(capacity), capacity, routing, whenThereIsRoom, nanoTime);
    }

    static Routing routing(Map<String, Integer> connections) {
        return new Routing() {
            @Override
            public EventTypes deliverable(Set<String> withoutProviders) {
                return new EventTypes(
                        true,
                        connections.keySet().stream()
                                .filter(name -> !withoutProviders.contains(name))
                                .collect(Collectors.toSet()));
            }

            @Override
            public String provider(String eventType) {
                return eventType;
            }

            @Override
            public Map<String, Integer> connections() {
                return connections;
            }
        };
    }
}
