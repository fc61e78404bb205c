package dev.tempost.app.routing;

import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.config.TempostProperties.Delivery;
import dev.tempost.app.config.TempostProperties.Lane;
import dev.tempost.outbox.ledger.ProviderHealth;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which provider stands in for another that has been down for long, or will be. What is down is a row that every replica reads, so all of them
 * switch, and switch back, within a second of each other; a row that is on its way is not touched.
 */
public final class Fallbacks {

    private static final Logger log = LoggerFactory.getLogger(Fallbacks.class);

    // at what is down, once a second
    private static final Duration TWO_LOOKS = Duration.ofSeconds(2);

    private final Map<String, TempostProperties.Provider> providers;
    private final InstantSource clock;
    private final Map<String, String> told = new ConcurrentHashMap<>();
    // of what is down: from when on its fallback may send
    private volatile Map<String, Instant> takeovers = Map.of();

    /**
     * @param deliveries what goes through which provider
     * @throws IllegalArgumentException when a fallback does not exist, leads back to where it came from, or cannot take what the
     *     other does; names the setting
     */
    public Fallbacks(TempostProperties properties, Deliveries deliveries, InstantSource clock) {
        this.providers = properties.providers();
        this.clock = clock;
        providers.forEach((name, provider) -> {
            String fallback = provider.fallback();
            if (fallback != null) {
                if (!providers.containsKey(fallback)) {
                    throw new IllegalArgumentException("tempost.providers." + name + ".fallback names provider '"
                            + fallback
                            + "', which is no mail provider: add tempost.providers." + fallback + ", or name one of "
                            + providers.keySet());
                }
                chain(name);
            }
        });
        deliveries.all().forEach(this::requireThatBatchesMayGo);
    }

    /** From a provider on, each the fallback of the one before. */
    private List<String> chain(String first) {
        Set<String> chain = new LinkedHashSet<>();
        for (String name = first; name != null; name = fallback(name)) {
            if (!chain.add(name)) {
                throw new IllegalArgumentException("tempost.providers." + first + ".fallback leads back to '" + name
                        + "': let the last of them have none");
            }
        }
        return List.copyOf(chain);
    }

    private @Nullable String fallback(String provider) {
        TempostProperties.Provider settings = providers.get(provider);
        return settings == null ? null : settings.fallback();
    }

    /** Batches know no rate limit, and what takes none may not meet one later. */
    private void requireThatBatchesMayGo(Delivery delivery) {
        List<String> chain = chain(delivery.provider());
        if (delivery.lane() == Lane.OWN || isLimited(chain.getFirst())) {
            return;
        }
        chain.stream().filter(this::isLimited).findFirst().ifPresent(limited -> {
            throw new IllegalArgumentException("tempost.providers." + limited
                    + ".rate-limit: it stands in for provider '"
                    + delivery.provider() + "', whose rows may travel in batches, and those know no rate limit. Give '"
                    + delivery.provider() + "' a rate-limit too, or its event types lane own");
        });
    }

    private boolean isLimited(String provider) {
        return RateLimits.isLimited(providers.get(provider));
    }

    /** Whether there are any, and so whether it matters what is down. */
    public boolean exist() {
        return providers.values().stream().anyMatch(provider -> provider.fallback() != null);
    }

    /** Takes note of what is down. */
    public void know(List<ProviderHealth.Down> down) {
        takeovers = down.stream().collect(Collectors.toMap(ProviderHealth.Down::provider, this::takeover));
        providers.keySet().forEach(this::tell);
    }

    /** After its patience; at once where it is known to be away for longer than that. */
    private Instant takeover(ProviderHealth.Down down) {
        TempostProperties.Provider settings = providers.get(down.provider());
        if (settings == null) {
            return Instant.MAX;
        }
        Instant patient = down.since().plus(settings.fallbackAfter());
        return down.hold() && !down.probeAt().isBefore(patient) ? down.since() : patient;
    }

    private void tell(String provider) {
        String now = of(provider);
        String before = told.put(provider, now);
        if (before != null && !before.equals(now)) {
            log.warn("What goes through provider {} is sent by {} from now on", provider, now);
        }
    }

    /**
     * By when another has taken over from a provider that goes down now, if one can; null where none can, and while all that could are
     * down as well.
     */
    public @Nullable Duration untilTakeover(String provider) {
        TempostProperties.Provider settings = providers.get(provider);
        if (settings == null || settings.fallback() == null) {
            return null;
        }
        Duration longest = settings.fallbackAfter().plus(TWO_LOOKS);
        Instant takeover = takeovers.get(provider);
        return takeover == null || clock.instant().isBefore(takeover.plus(TWO_LOOKS)) ? longest : null;
    }

    /**
     * Who takes a provider's messages now: itself, unless it has been down for longer than its {@code fallback-after}; then the same of
     * its fallback. Itself again where all of them are down.
     */
    public String of(String provider) {
        Instant now = clock.instant();
        for (String name = provider; name != null; name = fallback(name)) {
            Instant takeover = takeovers.get(name);
            if (takeover == null || (fallback(name) != null && now.isBefore(takeover))) {
                return name;
            }
        }
        return provider;
    }
}
