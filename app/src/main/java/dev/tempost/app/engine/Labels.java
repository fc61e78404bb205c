package dev.tempost.app.engine;

import dev.tempost.outbox.rows.Backlog;
import java.util.HashSet;
import java.util.Set;

/**
 * Which tenants and event types keep their names in the metrics of this process: those that the configuration names, and the
 * first that come along. A producer may make up any number of either; the rest is {@link Backlog#OTHER}.
 */
final class Labels {

    /**
     * What a figure is about.
     *
     * @param tenant a tenant or {@link Backlog#OTHER}
     * @param eventType an event type or {@link Backlog#OTHER}
     */
    record Pair(String tenant, String eventType) {}

    private final Backlog.Named named;
    private final Set<String> eventTypes = new HashSet<>();
    private final Set<Pair> pairs = new HashSet<>();

    Labels(Backlog.Named named) {
        this.named = named;
    }

    /** Whom the configuration names. */
    Backlog.Named named() {
        return named;
    }

    /** As what figures of a tenant and an event type are shown, from the first time on. */
    synchronized Pair of(String tenant, String eventType) {
        String type = named.eventTypes().contains(eventType)
                        || kept(eventTypes, eventType, Backlog.OTHER.equals(eventType), Backlog.OWN_EVENT_TYPES)
                ? eventType
                : Backlog.OTHER;
        Pair pair = new Pair(tenant, type);
        return named.tenants().contains(tenant) || kept(pairs, pair, Backlog.OTHER.equals(tenant), Backlog.OWN_PAIRS)
                ? pair
                : new Pair(Backlog.OTHER, type);
    }

    private static <T> boolean kept(Set<T> known, T one, boolean other, int most) {
        return !other && (known.contains(one) || (known.size() < most && known.add(one)));
    }
}
