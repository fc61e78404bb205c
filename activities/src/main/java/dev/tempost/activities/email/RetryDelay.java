package dev.tempost.activities.email;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the delay that a temporary refusal asks for, such as {@code try again in 5 minutes}. */
final class RetryDelay {

    private static final Duration LONGEST = Duration.ofDays(1);
    private static final String ASKS =
            "(?:try|retry|again|back|wait|later|gr[ea]y-?\\s?list\\w*|defer\\w*|delay\\w*)\\b.{0,60}?";
    private static final Pattern IN_WORDS =
            Pattern.compile(ASKS + "\\b(\\d{1,6})\\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\\b");
    private static final Pattern AS_CLOCK = Pattern.compile(ASKS + "\\b(\\d{1,2}):(\\d{2}):(\\d{2})\\b");

    private RetryDelay() {}

    static @Nullable Duration in(String reply) {
        String text = reply.toLowerCase(Locale.ROOT).replaceAll("\\R", " ");
        Matcher words = IN_WORDS.matcher(text);
        if (words.find()) {
            long number = Long.parseLong(words.group(1));
            return clamped(
                    switch (words.group(2).charAt(0)) {
                        case 's' -> Duration.ofSeconds(number);
                        case 'm' -> Duration.ofMinutes(number);
                        default -> Duration.ofHours(number);
                    });
        }
        Matcher clock = AS_CLOCK.matcher(text);
        return clock.find()
                ? clamped(Duration.ofHours(Long.parseLong(clock.group(1)))
                        .plusMinutes(Long.parseLong(clock.group(2)))
                        .plusSeconds(Long.parseLong(clock.group(3))))
                : null;
    }

    private static @Nullable Duration clamped(Duration asked) {
        if (asked.isZero()) {
            return null;
        }
        return asked.compareTo(LONGEST) > 0 ? LONGEST : asked;
    }
}
