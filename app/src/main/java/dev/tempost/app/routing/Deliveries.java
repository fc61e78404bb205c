package dev.tempost.app.routing;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.config.TempostProperties.Delivery;
import dev.tempost.app.config.TempostProperties.OnAmbiguous;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.rows.SuppressionReason;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How each event type is delivered: as it says itself, and as all are where it says nothing. */
public final class Deliveries {

    private final Delivery usual;
    private final Map<String, Delivery> named;
    private final Map<String, TempostProperties.Provider> mail;
    private final Set<String> answeringAgain;
    private final Set<String> ignoringUnsubscribed;

    public Deliveries(TempostProperties properties) {
        usual = properties.delivery();
        mail = properties.providers();
        answeringAgain = properties.workflows().entrySet().stream()
                .filter(workflow -> workflow.getValue().answersAgain())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        ignoringUnsubscribed = properties.eventTypes().entrySet().stream()
                .filter(type -> type.getValue().ignoreUnsubscribed())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        named = properties.eventTypes().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, type -> usual.with(type.getValue())));
    }

    /** How an event type is delivered, be it configured or not. */
    public Delivery of(String eventType) {
        return named.getOrDefault(eventType, usual);
    }

    /** The ways in which event types are delivered. */
    Stream<Delivery> all() {
        return Stream.concat(Stream.of(usual), named.values().stream());
    }

    /** The providers that some event type goes through, be it as a fallback. */
    public Set<String> providers() {
        Set<String> used = new HashSet<>();
        all().forEach(delivery -> {
            String provider = delivery.provider();
            while (provider != null && used.add(provider)) {
                TempostProperties.Provider settings = mail.get(provider);
                provider = settings == null ? null : settings.fallback();
            }
        });
        return used;
    }

    /** Whether an event type goes out by mail, and so by a template. */
    public boolean byMail(String eventType) {
        return mail.containsKey(of(eventType).provider());
    }

    /** Whether an attempt that may have been accepted waits for an operator; no use where another attempt learns what came of it. */
    boolean parks(String eventType) {
        Delivery delivery = of(eventType);
        return delivery.onAmbiguous() == OnAmbiguous.PARK && !answeringAgain.contains(delivery.provider());
    }

    /** For which reasons a suppressed recipient gets nothing of an event type; none where it is no mail. */
    public Set<SuppressionReason> suppressing(String eventType) {
        if (!byMail(eventType)) {
            return Set.of();
        }
        return ignoringUnsubscribed.contains(eventType)
                ? SuppressionReason.WITHOUT_UNSUBSCRIBED
                : SuppressionReason.ALL;
    }

    /** The event types that are delivered in a certain way. */
    EventTypes where(Predicate<Delivery> way) {
        boolean usually = way.test(usual);
        return new EventTypes(
                !usually,
                named.entrySet().stream()
                        .filter(type -> way.test(type.getValue()) != usually)
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toSet()));
    }

    /** The longest a delivery may wait between two attempts, whatever its event type and whatever a server asks for. */
    public Duration longestWait() {
        return Stream.concat(
                        Stream.of(Outcome.LONGEST_RETRY_AFTER, usual.maxInterval()),
                        named.values().stream().map(Delivery::maxInterval))
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }
}
