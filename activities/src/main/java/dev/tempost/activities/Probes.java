package dev.tempost.activities;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Health;
import dev.tempost.loops.Backoff;
import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.ProviderHealth;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks providers that are down whether they are back, one replica at a time, and releases those that were only held. */
public final class Probes {

    private static final Logger log = LoggerFactory.getLogger(Probes.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
    private static final Backoff BACKOFF = new Backoff(BETWEEN_LOOKS, Duration.ofSeconds(5));
    private static final Duration TIMEOUT = Duration.ofMinutes(1);
    private static final int LOGGED = 10;

    private final ProviderHealth health;
    private final BreakerSettings settings;
    private final Map<String, Channel> channels;
    private final RepeatingTask looking =
            new RepeatingTask("Probing providers", BACKOFF, OutboxUnavailableException.class::isInstance, this::look);

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
        looking.start();
    }

    private Next look() {
        for (ProviderHealth.Down down : health.down()) {
            if (down.hold() && health.release(down.provider())) {
                log.info("Provider {} was left alone for as long as it asked: its rows go on", down.provider());
            }
            Channel channel = channels.get(down.provider());
            if (channel != null && health.takeProbe(down.provider(), TIMEOUT)) {
                Thread.ofVirtual().name("tempost-probe-" + down.provider()).start(() -> probe(down, channel));
            }
        }
        return Next.after(BETWEEN_LOOKS);
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
        Duration wait = settings.untilProbe(down.probes() + 1, refused, asked);
        health.probeFailed(down.provider(), type, reply, wait);
        // who reads the log has seen it by then
        (down.probes() < LOGGED ? log.atWarn() : log.atDebug())
                .log(
                        "Provider {} is still down ({}: {}); next probe in {} s",
                        down.provider(),
                        type,
                        reply,
                        wait.toSeconds());
    }

    /** Looks no more; a probe under way goes on. */
    public void stop() {
        looking.stop();
    }
}
