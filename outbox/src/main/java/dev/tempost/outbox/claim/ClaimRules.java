package dev.tempost.outbox.claim;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How claims share out places.
 *
 * @param tenants what tenants get that differ from the rest, by name
 * @param providers how much may be in flight through a provider
 * @param skipping the event types whose failed rows do not hold their shard
 * @param batches which event types travel in batches
 */
public record ClaimRules(
        Map<String, Share> tenants, List<ProviderLimit> providers, EventTypes skipping, Batches batches) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]+");

    public ClaimRules {
        tenants.keySet().forEach(ClaimRules::checkName);
        providers.forEach(limit -> limit.eventTypes().names().forEach(ClaimRules::checkName));
    }

    /**
     * A tenant's share.
     *
     * @param weight how many places it gets for each one of a tenant of weight 1; at least 1
     * @param inFlight how many of its rows may be in flight, all replicas together; null for any number
     */
    public record Share(int weight, @Nullable Integer inFlight) {}

    /**
     * A provider's limit.
     *
     * @param eventTypes what goes through it
     * @param inFlight how many such rows may be in flight, all replicas together
     */
    public record ProviderLimit(EventTypes eventTypes, int inFlight) {}

    /**
     * The event types whose rows share workflows.
     *
     * @param always all rows of these that may
     * @param behindABacklog those of these of which more wait than there is room for on their own
     */
    public record Batches(EventTypes always, EventTypes behindABacklog) {

        /** No event type's. */
        public static final Batches NONE = new Batches(EventTypes.NONE, EventTypes.NONE);
    }

    /** All tenants alike, no limits, a failed row holds its shard, and every row has a workflow of its own. */
    public static ClaimRules defaults() {
        return new ClaimRules(Map.of(), List.of(), EventTypes.NONE, Batches.NONE);
    }

    /** Whether rows of any event type share workflows. */
    boolean batching() {
        return !batches.always().none() || !batches.behindABacklog().none();
    }

    /** When rows of a lane share workflows, as {@code tempost.claim} calls it; null for never. Urgent rows never do. */
    @Nullable
    String batchingOf(Lane lane) {
        if (lane.priority() == Claims.URGENT) {
            return null;
        }
        return batches.always().contains(lane.eventType())
                ? "always"
                : batches.behindABacklog().contains(lane.eventType()) ? "backlog" : null;
    }

    private static void checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "'" + name + "' can be no tenant's or event type's name: use letters, digits, '_', '.' and '-'");
        }
    }

    /** How many places a tenant gets for each one of a tenant of weight 1. */
    int weightOf(String tenant) {
        Share share = tenants.get(tenant);
        return share == null ? 1 : share.weight();
    }

    /** How many of a tenant's rows may be in flight; null for any number. */
    @Nullable
    Integer limitOf(String tenant) {
        Share share = tenants.get(tenant);
        return share == null ? null : share.inFlight();
    }

    /** The limit of the provider that takes an event type; null for none. */
    @Nullable
    ProviderLimit providerLimitOf(String eventType) {
        return providers.stream()
                .filter(limit -> limit.eventTypes().contains(eventType))
                .findFirst()
                .orElse(null);
    }

    /** Whether anything limits how much may be in flight. */
    boolean limited() {
        return !providers.isEmpty() || tenants.values().stream().anyMatch(share -> share.inFlight() != null);
    }
}
