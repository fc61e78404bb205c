package dev.tempost.activities;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.loops.Backoff;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.workflows.FailureType;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a provider down for every replica once it fails again and again, and holds one whose quota is used up, so that rows
 * wait instead of trying in vain. Only what the provider did counts: the outcome says whose fault it was.
 */
public final class Breaker {

    private static final Logger log = LoggerFactory.getLogger(Breaker.class);
    private static final Backoff HOLDS = new Backoff(Duration.ofMinutes(1), Duration.ofHours(1));

    private final ProviderHealth health;
    private final BreakerSettings settings;
    private final Map<String, ProviderRecord> records = new ConcurrentHashMap<>();

    public Breaker(ProviderHealth health, BreakerSettings settings) {
        this.health = health;
        this.settings = settings;
    }

    /**
     * Learns what came of one attempt.
     *
     * @param id the row's id: one row that is throttled again and again says nothing about others
     */
    void record(String provider, long id, Outcome outcome) {
        ProviderRecord record = records.computeIfAbsent(provider, name -> new ProviderRecord());
        switch (outcome) {
            case Outcome.Accepted accepted -> record.accepted();
            case Outcome.Permanent permanent -> {
                if (permanent.reached()) {
                    record.answered();
                }
            }
            case Outcome.Transient failure -> {
                switch (failure.fault()) {
                    case PROVIDER -> {
                        if (record.failed() >= settings.failures()) {
                            takeDown(provider, failure.type(), failure.reply(), false);
                            record.answered();
                        }
                    }
                    case MESSAGE -> record.answered();
                    case OURS -> {}
                }
            }
            case Outcome.Throttled(String reply, Duration asked) -> {
                record.answered();
                if (record.throttled(id)) {
                    hold(provider, record, reply, asked);
                }
            }
            case Outcome.ChannelDown(String type, String reply) -> takeDown(provider, type, reply, true);
            case Outcome.Ambiguous ambiguous -> {
                // it took the message and then fell silent, or our own deadline passed: no verdict
            }
        }
    }

    private void takeDown(String provider, String type, String reply, boolean refused) {
        Duration untilProbe = settings.untilProbe(0, refused, null);
        try {
            if (health.takeDown(provider, type, reply, untilProbe)) {
                log.error(
                        "Provider {} is down ({}: {}). Its rows wait untouched; it is probed from {} ms on",
                        provider,
                        type,
                        reply,
                        untilProbe.toMillis());
            }
        } catch (OutboxUnavailableException e) {
            log.warn("Provider {} is down ({}: {}), but that could not be recorded", provider, type, reply);
        }
    }

    private void hold(String provider, ProviderRecord record, String reply, @Nullable Duration asked) {
        Duration wait = asked == null ? HOLDS.after(record.holds()) : asked;
        try {
            if (health.hold(provider, FailureType.THROTTLED, reply, wait)) {
                record.held();
                log.warn(
                        "Provider {} is left alone for {} s: {}. Its rows wait untouched",
                        provider,
                        wait.toSeconds(),
                        reply);
            }
        } catch (OutboxUnavailableException e) {
            log.warn("Provider {} wants to be left alone ({}), but that could not be recorded", provider, reply);
        }
    }
}
