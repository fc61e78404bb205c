package dev.tempost.outbox.backfill;

/**
 * Rows to be enqueued from a query.
 *
 * @param eventType their event type
 * @param version which backfill of this event type it is, from 1: each runs to its end once
 * @param query a SELECT whose columns are named as those of the outbox that a producer writes, and a key
 * @param key the column of the query that orders it: unique, never null, and best the one of an index
 * @param recipientRequired whether every row has to name a recipient
 */
public record Backfill(String eventType, int version, String query, String key, boolean recipientRequired) {

    @Override
    public String toString() {
        return eventType + " version " + version;
    }
}
