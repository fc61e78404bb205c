package dev.tempost.outbox.claim;

import dev.tempost.outbox.claim.ClaimRules.ProviderLimit;
import dev.tempost.outbox.claim.FairShares.Offer;
import java.util.List;
import java.util.stream.Collectors;

/** What a claim may take, as the JSON that {@code tempost.claim} reads. Every name in it passed a check: none needs escaping. */
final class Offers {

    private Offers() {}

    static String json(List<Offer> offers, ClaimRules rules) {
        return offers.stream().map(offer -> json(offer, rules)).collect(Collectors.joining(", ", "[", "]"));
    }

    private static String json(Offer offer, ClaimRules rules) {
        Lane lane = offer.lane();
        String json = "{\"priority\": %d, \"tenant\": \"%s\", \"event_type\": \"%s\", \"first\": %d,"
                        .formatted(lane.priority(), lane.tenant(), lane.eventType(), lane.first())
                + " \"share\": %d, \"skippable\": %s"
                        .formatted(offer.share(), rules.skipping().contains(lane.eventType()));
        String batching = rules.batchingOf(lane);
        if (batching != null) {
            json += ", \"batch\": \"%s\"".formatted(batching);
        }
        Integer tenantLimit = rules.limitOf(lane.tenant());
        if (tenantLimit != null) {
            json += ", \"tenant_limit\": " + tenantLimit;
        }
        ProviderLimit provider = rules.providerLimitOf(lane.eventType());
        if (provider != null) {
            json += ", \"provider_limit\": %d, \"listed\": %s, \"event_types\": [%s]"
                    .formatted(
                            provider.inFlight(),
                            provider.eventTypes().only(),
                            provider.eventTypes().names().stream()
                                    .sorted()
                                    .map(name -> '"' + name + '"')
                                    .collect(Collectors.joining(", ")));
        }
        return json + "}";
    }
}
