package dev.tempost.activities;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Health;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.ProviderHealth;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks providers that are down whether they are back, one replica at a time, and releases those that were only held. */
public final class Probes implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Probes.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    private final ProviderHealth health;
    private final BreakerSettings settings;
    private final Map<String, Channel> channels;
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("tempost-probes").factory());

    /**
     * @param channels by provider: those this process can send through
     */
    public Probes(ProviderHealth health, BreakerSettings settings, Map<String, Channel> channels) {
        this.health = health;
        this.settings = settings;
        this.channels = Map.copyOf(channels);
    }

    /** Begins to look. */
    public void start() {
        timer.scheduleWithFixedDelay(this::look, 0, BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look() {
        try {
            for (ProviderHealth.Down down : health.down()) {
                if (down.hold() && health.release(down.provider())) {
                    log.info("Provider {} was left alone for as long as it asked: its rows go on", down.provider());
                }
                Channel channel = channels.get(down.provider());
                if (channel != null && health.takeProbe(down.provider(), TIMEOUT)) {
                    Thread.ofVirtual().name("tempost-probe-" + down.provider()).start(() -> probe(down, channel));
                }
            }
        } catch (OutboxUnavailableException e) {
            log.debug("Providers could not be looked at", e);
        } catch (RuntimeException e) {
            log.error("Probing providers failed; it is tried again in {} s", BETWEEN_LOOKS.toSeconds(), e);
        }
    }

    private void probe(ProviderHealth.Down down, Channel channel) {
        try {
            switch (channel.probe(down.provider())) {
                case Health.Ready() -> {
                    health.bringUp(down.provider());
                    log.info("Provider {} is back: its rows go on", down.provider());
                }
                case Health.Away(String type, String reply, Duration retryAfter) ->
                    stillDown(down, type, reply, false, retryAfter);
                case Health.Down(String type, String reply) -> stillDown(down, type, reply, true, null);
            }
        } catch (OutboxUnavailableException e) {
            log.warn(
                    "The probe of provider {} could not be recorded; it is repeated. {}",
                    down.provider(),
                    e.getMessage());
        } catch (RuntimeException e) {
            log.error("Probing provider {} ended in a fault; it is repeated", down.provider(), e);
        }
    }

    private void stillDown(
            ProviderHealth.Down down, String type, String reply, boolean refused, @Nullable Duration asked) {
        Duration wait = settings.untilProbe(down.probes() + 1, refused);
        if (asked != null && asked.compareTo(wait) > 0 && asked.compareTo(settings.longestProbeInterval()) < 0) {
            wait = asked;
        }
        health.probeFailed(down.provider(), type, reply, wait);
        log.warn(
                "Provider {} is still down ({}: {}); next probe in {} s",
                down.provider(),
                type,
                reply,
                wait.toSeconds());
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
