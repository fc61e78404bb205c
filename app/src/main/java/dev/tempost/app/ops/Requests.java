package dev.tempost.app.ops;

import dev.tempost.channels.email.AddressSpellings;
import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.SuppressionReason;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/** Reads what a request says; refuses what means nothing, with what would. */
public final class Requests {

    static final int LARGEST_PAGE = 200;
    private static final int LONGEST_REASON = 500;
    private static final int DEFAULT_PACE = 200;

    private Requests() {}

    static ResponseStatusException refused(HttpStatus status, String detail) {
        return new ResponseStatusException(status, detail);
    }

    /** No more than so many at once. */
    public static int limit(int limit) {
        if (limit < 1 || limit > LARGEST_PAGE) {
            throw refused(HttpStatus.BAD_REQUEST, "limit is " + limit + ": give it 1 to " + LARGEST_PAGE + ".");
        }
        return limit;
    }

    /** A status by its name in the table. */
    public static @Nullable RowStatus status(@Nullable String word) {
        if (word == null || word.isEmpty()) {
            return null;
        }
        return named("status", RowStatus.values(), RowStatus::column, word);
    }

    /** A role by its name. */
    public static Tokens.Role role(@Nullable String word) {
        return named(
                "role",
                Tokens.Role.values(),
                Tokens.Role::word,
                String.valueOf(word).toLowerCase(Locale.ROOT));
    }

    /** An action by its name. */
    public static BulkActions.Action action(@Nullable String word) {
        return named("action", BulkActions.Action.values(), BulkActions.Action::word, word);
    }

    /** A reason to suppress an address, by its name. */
    public static SuppressionReason suppressionReason(@Nullable String word) {
        return named("reason", SuppressionReason.values(), SuppressionReason::word, word);
    }

    /** Every spelling of an address, or of a domain as {@code @domain}. */
    public static List<String> spellings(@Nullable String address) {
        if (address == null) {
            throw refused(HttpStatus.BAD_REQUEST, "address is missing: give ann@example.org, or @example.org.");
        }
        try {
            return AddressSpellings.of(address);
        } catch (IllegalArgumentException e) {
            throw refused(
                    HttpStatus.BAD_REQUEST, "address " + e.getMessage() + ": give ann@example.org, or @example.org.");
        }
    }

    private static <T> T named(String field, T[] all, Function<T, String> name, @Nullable String word) {
        return Arrays.stream(all)
                .filter(one -> name.apply(one).equals(word))
                .findFirst()
                .orElseThrow(() -> refused(
                        HttpStatus.BAD_REQUEST,
                        field + " is none of " + Arrays.stream(all).map(name).collect(Collectors.joining(", "))
                                + ": name one."));
    }

    /** What a pause is about. */
    public static Pauses.Scope scope(@Nullable String tenant, @Nullable String eventType, @Nullable String shardKey) {
        try {
            return new Pauses.Scope(tenant, eventType, shardKey);
        } catch (IllegalArgumentException e) {
            throw refused(HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
        }
    }

    /** How many rows a second. */
    public static int perSecond(@Nullable Integer perSecond) {
        int pace = perSecond == null ? DEFAULT_PACE : perSecond;
        if (pace < 1 || pace > BulkActions.FASTEST) {
            throw refused(
                    HttpStatus.BAD_REQUEST, "per_second is " + pace + ": give it 1 to " + BulkActions.FASTEST + ".");
        }
        return pace;
    }

    /** A moment; null where there is none. */
    public static @Nullable OffsetDateTime time(String field, @Nullable String text) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text);
        } catch (DateTimeParseException e) {
            throw refused(
                    HttpStatus.BAD_REQUEST, field + " is no time with its offset: write it as 2026-01-31T08:00:00Z.");
        }
    }

    /** A moment that has to be said. */
    public static OffsetDateTime required(String field, @Nullable String text) {
        OffsetDateTime time = time(field, text);
        if (time == null) {
            throw refused(HttpStatus.BAD_REQUEST, field + " is missing: say when, as 2026-01-31T08:00:00Z.");
        }
        return time;
    }

    static @Nullable Instant instant(String field, @Nullable String text) {
        OffsetDateTime time = time(field, text);
        return time == null ? null : time.toInstant();
    }

    /** Why something is done; required. */
    public static String reason(@Nullable String reason) {
        if (reason == null || reason.isBlank() || reason.length() > LONGEST_REASON) {
            throw refused(
                    HttpStatus.BAD_REQUEST,
                    "reason is missing or longer than " + LONGEST_REASON
                            + " characters: say why, for those who read the audit. No personal data.");
        }
        return reason.strip();
    }

    /** What is empty in a form was not said. */
    public static @Nullable String orNull(@Nullable String text) {
        return text == null || text.isBlank() ? null : text.strip();
    }
}
