package dev.tempost.activities;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.outbox.OutboxUnavailableException;
import dev.tempost.outbox.ProviderHealth;
import dev.tempost.workflows.FailureType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes a provider down for every replica once it fails again and again, so that rows wait instead of trying in vain. */
public final class Breaker {

    private static final Logger log = LoggerFactory.getLogger(Breaker.class);

    private final ProviderHealth health;
    private final BreakerSettings settings;
    private final Map<String, AtomicInteger> failuresInARow = new ConcurrentHashMap<>();

    public Breaker(ProviderHealth health, BreakerSettings settings) {
        this.health = health;
        this.settings = settings;
    }

    void learn(String provider, Outcome outcome) {
        AtomicInteger failures = failuresInARow.computeIfAbsent(provider, name -> new AtomicInteger());
        switch (outcome) {
            case Outcome.ChannelDown(String type, String reply) -> takeDown(provider, failures, type, reply);
            case Outcome.Transient(String type, String reply, var retryAfter, boolean reached) -> {
                if (type.equals(FailureType.OUTBOX_UNAVAILABLE)) {
                    return;
                }
                if (reached) {
                    failures.set(0);
                } else if (failures.incrementAndGet() >= settings.failures()) {
                    takeDown(provider, failures, type, reply);
                }
            }
            case Outcome.Permanent permanent -> {
                if (permanent.reached()) {
                    failures.set(0);
                }
            }
            case Outcome.Accepted accepted -> failures.set(0);
            case Outcome.Ambiguous ambiguous -> {
                // it took the message and then fell silent, or our own deadline passed: no verdict
            }
        }
    }

    private void takeDown(String provider, AtomicInteger failures, String type, String reply) {
        try {
            if (health.takeDown(provider, type, reply, settings.untilProbe(0))) {
                log.error(
                        "Provider {} is down ({}: {}). Its rows wait untouched; it is probed from {} ms on",
                        provider,
                        type,
                        reply,
                        settings.untilProbe(0).toMillis());
            }
            failures.set(0);
        } catch (OutboxUnavailableException e) {
            log.warn("Provider {} is down ({}: {}), but that could not be recorded", provider, type, reply);
        }
    }
}
