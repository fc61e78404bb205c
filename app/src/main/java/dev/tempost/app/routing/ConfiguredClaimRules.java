package dev.tempost.app.routing;

import dev.tempost.app.config.ProviderLimits;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.config.TempostProperties.Lane;
import dev.tempost.app.config.TempostProperties.OnFailed;
import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.EventTypes;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How claims share out places, as it is configured. */
public final class ConfiguredClaimRules {

    private ConfiguredClaimRules() {}

    /** The rules of every claim. */
    public static ClaimRules of(TempostProperties properties, Deliveries deliveries) {
        Map<String, ClaimRules.Share> shares = properties.tenants().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        tenant -> new ClaimRules.Share(
                                tenant.getValue().weight(), tenant.getValue().inFlight())));
        List<ClaimRules.ProviderLimit> limits = properties.limits().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(provider -> limit(provider.getKey(), provider.getValue(), deliveries))
                .toList();
        return new ClaimRules(
                shares,
                limits,
                deliveries.where(delivery -> delivery.onFailed() == OnFailed.SKIP),
                new ClaimRules.Batches(
                        batched(properties, deliveries, Lane.BULK), batched(properties, deliveries, Lane.AUTO)));
    }

    /** Where the provider has a rate limit, each row has its own turn in Temporal's queue: nothing there goes any faster together. */
    private static EventTypes batched(TempostProperties properties, Deliveries deliveries, Lane lane) {
        Map<String, ProviderLimits> limits = properties.limits();
        return deliveries.where(
                delivery -> delivery.lane() == lane && !RateLimits.isLimited(limits.get(delivery.provider())));
    }

    private static Stream<ClaimRules.ProviderLimit> limit(String name, ProviderLimits provider, Deliveries deliveries) {
        Integer inFlight = RateLimits.inFlight(provider);
        return inFlight == null
                ? Stream.empty()
                : Stream.of(new ClaimRules.ProviderLimit(
                        deliveries.where(delivery -> delivery.provider().equals(name)), inFlight));
    }
}
