package dev.tempost.workflows;

/**
 * What a delivery is started with: names and policies, and no personal data.
 *
 * @param id the row's id
 * @param key the row's key; nothing acts on a row whose key differs
 * @param tenant the row's tenant
 * @param eventType the row's event type
 * @param priority 1, the most urgent, to 5
 * @param policy the event type's policy
 */
public record DeliveryRequest(
        long id, String key, String tenant, String eventType, int priority, DeliveryPolicy policy) {}
