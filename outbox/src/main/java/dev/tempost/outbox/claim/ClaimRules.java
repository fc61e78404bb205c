package dev.tempost.outbox.claim;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How claims share out places.
 *
 * @param tenants what tenants get that differ from the rest, by name
 * @param providers how much may be in flight through a provider
 * @param skipping the event types whose failed rows do not hold their shard
 */
public record ClaimRules(Map<String, Share> tenants, List<ProviderLimit> providers, EventTypes skipping) {

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

    /** All tenants alike, no limits, and a failed row holds its shard. */
    public static ClaimRules defaults() {
        return new ClaimRules(Map.of(), List.of(), new EventTypes(true, Set.of()));
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
