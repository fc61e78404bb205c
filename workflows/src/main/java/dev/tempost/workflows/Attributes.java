package dev.tempost.workflows;

import io.temporal.common.SearchAttributeKey;
import io.temporal.common.SearchAttributes;
import java.util.List;

/**
 * The search attributes that deliveries are found by. Set at start, where they cost nothing; the failure type of those that fail, when
 * it changes.
 *
 * @param tenant the row's tenant
 * @param eventType the row's event type
 * @param job the row's job id
 * @param failureType one of {@link FailureType}, the last one worth showing
 */
public record Attributes(
        SearchAttributeKey<String> tenant,
        SearchAttributeKey<String> eventType,
        SearchAttributeKey<String> job,
        SearchAttributeKey<String> failureType) {

    /** The attributes under a prefix, {@code Tempost} unless a namespace is shared. */
    public static Attributes withPrefix(String prefix) {
        return new Attributes(
                SearchAttributeKey.forKeyword(prefix + "Tenant"),
                SearchAttributeKey.forKeyword(prefix + "EventType"),
                SearchAttributeKey.forKeyword(prefix + "Job"),
                SearchAttributeKey.forKeyword(prefix + "FailureType"));
    }

    /** What every workflow is found by. */
    public SearchAttributes.Builder of(String tenantName, String eventTypeName) {
        return SearchAttributes.newBuilder().set(tenant, tenantName).set(eventType, eventTypeName);
    }

    /** Their names; all are of type Keyword. */
    public List<String> names() {
        return List.of(tenant.getName(), eventType.getName(), job.getName(), failureType.getName());
    }
}
