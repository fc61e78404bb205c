package dev.tempost.app.ops;

import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.RowStatus;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/** Reads what a request says; refuses what means nothing, with what would. */
public final class Requests {

    static final int LARGEST_PAGE = 200;
    private static final int LONGEST_REASON = 500;
    private static final int DEFAULT_PACE = 200;
    private static final int FASTEST_PACE = 10_000;

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
        return Arrays.stream(RowStatus.values())
                .filter(status -> status.column().equals(word))
                .findFirst()
                .orElseThrow(() -> refused(
                        HttpStatus.BAD_REQUEST,
                        "status is none of "
                                + Arrays.stream(RowStatus.values())
                                        .map(RowStatus::column)
                                        .collect(Collectors.joining(", "))
                                + "."));
    }

    /** A role by its name. */
    public static Tokens.Role role(@Nullable String word) {
        return Arrays.stream(Tokens.Role.values())
                .filter(role -> role.word().equals(String.valueOf(word).toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(
                        () -> refused(HttpStatus.BAD_REQUEST, "role is none of viewer, operator, admin: name one."));
    }

    /** An action by its name. */
    public static BulkActions.Action action(@Nullable String word) {
        return Arrays.stream(BulkActions.Action.values())
                .filter(action -> action.word().equals(word))
                .findFirst()
                .orElseThrow(() -> refused(
                        HttpStatus.BAD_REQUEST, "action is none of retry, dismiss, cancel, correct: name one."));
    }

    /** How many rows a second. */
    public static int perSecond(@Nullable Integer perSecond) {
        int pace = perSecond == null ? DEFAULT_PACE : perSecond;
        if (pace < 1 || pace > FASTEST_PACE) {
            throw refused(HttpStatus.BAD_REQUEST, "per_second is " + pace + ": give it 1 to " + FASTEST_PACE + ".");
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
