package dev.tempost.workflows;

import java.util.List;

/**
 * What a batch is started with: names and policies, and no personal data.
 *
 * @param tenant the tenant of all its rows
 * @param eventType the event type of all its rows
 * @param priority that of all its rows, from 2 to 5: the most urgent never wait for others
 * @param policy the event type's policy
 * @param rows the rows, by id; a few hundred at most
 */
public record BatchRequest(
        String tenant, String eventType, int priority, DeliveryPolicy policy, List<CarriedRow> rows) {

    /**
     * One of its rows.
     *
     * @param id the row's id
     * @param key the row's key
     */
    public record CarriedRow(long id, String key) {}

    /** One of its rows, as if it had a delivery of its own. */
    public DeliveryRequest delivery(CarriedRow row) {
        return new DeliveryRequest(row.id(), row.key(), tenant, eventType, priority, policy);
    }
}
