package dev.tempost.app.ops;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.RowSearch;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.rows.SuppressionReason;
import dev.tempost.outbox.rows.Suppressions;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What the ops API takes and gives, where the outbox has no word for it. */
final class Api {

    private Api() {}

    /** Names in JSON are those of the table. */
    interface Status {
        @JsonValue
        String column();
    }

    /** The same for roles and actions. */
    interface Word {
        @JsonValue
        String word();
    }

    /** For both Jacksons: the one that answers, and the one that describes. */
    static final Map<Class<?>, Class<?>> WORDS = Map.of(
            RowStatus.class,
            Status.class,
            Tokens.Role.class,
            Word.class,
            BulkActions.Action.class,
            Word.class,
            SuppressionReason.class,
            Word.class);

    /**
     * A row and all that became of it.
     *
     * @param row where it stands
     * @param attempts every attempt, in order
     * @param temporalUrl its workflow in Temporal's UI; null where {@code tempost.temporal.ui-url} is not set
     */
    record Delivery(
            Rows.Row row,
            List<Rows.Attempt> attempts,
            @Nullable String temporalUrl) {}

    /** Dead letters by cause. */
    record DeadLetters(List<RowSearch.Group> causes, boolean complete) {}

    /**
     * What is open.
     *
     * @param countedSecondsAgo how long ago that was counted, in seconds
     * @param groups by tenant, event type and status
     */
    record Counted(double countedSecondsAgo, List<Backlog.Group> groups) {}

    /** What a row says, and to whom. */
    record Content(@Nullable String recipient, JsonNode payload, JsonNode headers) {}

    /** Why. */
    record Why(@Nullable String reason) {}

    /**
     * What is to be changed. A field that is left out stays; null for a time means none.
     *
     * @param payload a JSON object
     * @param recipient to whom
     * @param deliverAfter not before, ISO 8601; null for at once
     * @param expiresAt when it is worth nothing any more, ISO 8601; null for never
     */
    record Correction(
            @Nullable JsonNode payload,
            @Nullable JsonNode recipient,
            @Nullable JsonNode deliverAfter,
            @Nullable JsonNode expiresAt) {}

    /** Until when, ISO 8601. */
    record Until(@Nullable String until) {}

    /**
     * What is to be suppressed.
     *
     * @param address such as ann@example.org, or @example.org for all of a domain
     * @param reason unsubscribed, hard_bounce, complaint or manual
     * @param tenant whose mail it does not get; null for everybody's
     * @param note whatever helps to understand it, no personal data; null for nothing
     * @param expiresAt when it ends by itself, ISO 8601; null when only somebody ends it
     */
    record NewSuppression(
            @Nullable String address,
            @Nullable String reason,
            @Nullable String tenant,
            @Nullable String note,
            @Nullable String expiresAt) {}

    /**
     * Suppressions, newest first.
     *
     * @param entries so many at most
     * @param next give it as before for those that follow; null when there are none
     */
    record Suppressed(
            List<Suppressions.Entry> entries, @Nullable Long next) {}

    /** How many entries. */
    record Entries(int entries) {}

    /** The row that sends a message again. */
    record Resent(long id, long resendOf) {}

    /**
     * A pause to set.
     *
     * @param tenant only this tenant's rows; null for all
     * @param eventType only rows of this event type; null for all
     * @param shardKey only this shard of the tenant; null for all
     * @param reason why
     * @param endsAt when it is lifted by itself, ISO 8601; null when only somebody lifts it
     */
    record NewPause(
            @Nullable String tenant,
            @Nullable String eventType,
            @Nullable String shardKey,
            @Nullable String reason,
            @Nullable String endsAt) {}

    /**
     * A hold to set.
     *
     * @param until ISO 8601
     * @param reason why
     */
    record NewHold(@Nullable String until, @Nullable String reason) {}

    /**
     * A token to make.
     *
     * @param name whose it is
     * @param role viewer, operator or admin
     * @param expiresAt when it ends, ISO 8601; null for never
     */
    record NewToken(
            @Nullable String name,
            @Nullable String role,
            @Nullable String expiresAt) {}

    /** A token, which is shown this once. */
    record MadeToken(String name, String role, String token) {}

    /** Whether something changed. */
    record Done(boolean done) {}

    /**
     * Which rows; null for whatever.
     *
     * @param tenant the tenant
     * @param eventType the event type
     * @param failureType the type of the last failure
     * @param message the last failure as {@code /ops/dead-letters} has it, its numbers as {@code #}
     * @param recipient to whom, in any case
     * @param jobId the job they belong to
     * @param createdFrom inserted then or later, ISO 8601
     * @param createdBefore inserted before then, ISO 8601
     */
    record Filter(
            @Nullable String tenant,
            @Nullable String eventType,
            @Nullable String failureType,
            @Nullable String message,
            @Nullable String recipient,
            @Nullable String jobId,
            @Nullable String createdFrom,
            @Nullable String createdBefore) {

        RowSearch.Filter read() {
            return new RowSearch.Filter(
                    null,
                    tenant,
                    eventType,
                    failureType,
                    message,
                    recipient,
                    jobId,
                    Requests.instant("created_from", createdFrom),
                    Requests.instant("created_before", createdBefore));
        }
    }

    /**
     * What is to be done to all rows that match.
     *
     * @param action retry, dismiss or correct failed rows; cancel pending and dispatched ones
     * @param filter which; with nothing in it, all
     * @param patch the keys of the payload that are replaced, for correct
     * @param reason why
     * @param perSecond how many rows a second at most; 200 when left out
     */
    record NewBulkAction(
            @Nullable String action,
            @Nullable Filter filter,
            @Nullable JsonNode patch,
            @Nullable String reason,
            @Nullable Integer perSecond) {}
}
