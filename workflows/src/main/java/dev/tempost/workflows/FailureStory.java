package dev.tempost.workflows;

import io.temporal.common.SearchAttributeKey;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a delivery shows of its failures in Temporal: the last ones in its current details, the last one's type as a search attribute. */
final class FailureStory {

    private static final int LINES = 10;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final SearchAttributeKey<String> attribute;
    private final Deque<String> lines = new ArrayDeque<>();
    private String shown = SendRequest.NOTHING;

    FailureStory(SearchAttributeKey<String> attribute) {
        this.attribute = attribute;
    }

    /** The type that is shown, for a send that is to end when it changes; null when it is to end no more: the history is long. */
    @Nullable
    String known() {
        return Workflow.getInfo().isContinueAsNewSuggested() ? null : shown;
    }

    /** A failure after which another attempt is waited for. */
    void add(DeliveryRequest delivery, CarriedFailure failure) {
        if (!FailureType.isWorthShowing(failure.type())) {
            return;
        }
        Instant now = Instant.ofEpochMilli(Workflow.currentTimeMillis());
        Duration wait = failure.retryAfter() == null ? delivery.policy().initialInterval() : failure.retryAfter();
        if (lines.size() == LINES) {
            lines.removeFirst();
        }
        lines.add("- " + TIME.format(now) + " **" + failure.type() + "**: " + failure.message());
        Workflow.setCurrentDetails(String.join("\n", lines)
                + "\n\nNext attempt from " + TIME.format(now.plus(wait))
                + ", unless it fails for the same reason: then see the"
                + " pending activity. The row: `./tempost show " + delivery.id() + "`");
        show(failure.type());
    }

    /** A failure that is the last. */
    void end(String type) {
        show(type);
    }

    private void show(String type) {
        if (!type.equals(shown)) {
            shown = type;
            Workflow.upsertTypedSearchAttributes(attribute.valueSet(type));
        }
    }
}
