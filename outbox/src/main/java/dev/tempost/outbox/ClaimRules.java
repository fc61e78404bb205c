package dev.tempost.outbox;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
            throw new IllegalArgumentException("'" + name
                    + "' can be no tenant's or event type's name: use letters, digits," + " '_', '.' and '-'");
        }
    }

    /** JSON; null when all weigh alike. */
    @Nullable
    String weights() {
        String weights = tenants.entrySet().stream()
                .filter(tenant -> tenant.getValue().weight() != 1)
                .map(tenant ->
                        quoted(tenant.getKey()) + ": " + tenant.getValue().weight())
                .collect(Collectors.joining(", "));
        return weights.isEmpty() ? null : "{" + weights + "}";
    }

    /** JSON; null when there are none. */
    @Nullable
    String limits() {
        String ofTenants = tenants.entrySet().stream()
                .filter(tenant -> tenant.getValue().inFlight() != null)
                .map(tenant ->
                        quoted(tenant.getKey()) + ": " + tenant.getValue().inFlight())
                .collect(Collectors.joining(", "));
        String ofProviders = providers.stream()
                .map(limit -> "{\"only\": " + limit.eventTypes().only() + ", \"event_types\": ["
                        + limit.eventTypes().names().stream()
                                .sorted()
                                .map(ClaimRules::quoted)
                                .collect(Collectors.joining(", "))
                        + "], \"in_flight\": " + limit.inFlight() + "}")
                .collect(Collectors.joining(", "));
        return ofTenants.isEmpty() && ofProviders.isEmpty()
                ? null
                : "{\"tenants\": {" + ofTenants + "}, \"providers\": [" + ofProviders + "]}";
    }

    private static String quoted(String name) {
        return '"' + name + '"';
    }
}
