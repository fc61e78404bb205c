package dev.tempost.channels.email;

import dev.tempost.activities.channel.Outcome;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the delay that a temporary refusal asks for, such as {@code try again in 5 minutes}. */
final class RetryDelay {

    private static final long LONGEST = Outcome.LONGEST_RETRY_AFTER.toSeconds();
    private static final int TOO_LONG_TO_COUNT = 9;
    private static final String ASKS =
            "(?:try|retry|again|back|wait|later|after|gr[ea]y-?\\s?list\\w*|defer\\w*|delay\\w*)\\b.{0,60}?";
    private static final String NUMBER = "(\\d{1,40})";
    private static final String UNIT =
            "(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|weeks?|months?|years?)(?![a-z])";
    private static final Pattern IN_WORDS = Pattern.compile(ASKS + "\\b" + NUMBER + "\\s*" + UNIT);
    private static final Pattern AND_MORE = Pattern.compile("\\G[\\s,]*(?:and\\s+)?" + NUMBER + "\\s*" + UNIT);
    private static final Pattern AS_CLOCK = Pattern.compile(ASKS + "\\b(\\d{1,2}):(\\d{2}):(\\d{2})\\b");
    private static final Pattern ONE = Pattern.compile(ASKS + "\\b(?:an?|one)\\s+(second|minute|hour|day)\\b");
    private static final Pattern BARE = Pattern.compile("retry[ -]after[\\s:=]+" + NUMBER + "(?![\\d:.]|\\s*[a-z])");

    private RetryDelay() {}

    /** @param words a reply's text without its codes, on one line */
    static @Nullable Duration in(String words) {
        String text = words.toLowerCase(Locale.ROOT);
        Matcher matcher = IN_WORDS.matcher(text);
        if (matcher.find()) {
            return clamped(seconds(matcher) + more(text, matcher.end()));
        }
        matcher = AS_CLOCK.matcher(text);
        if (matcher.find()) {
            return clamped(number(matcher.group(1)) * 3600 + number(matcher.group(2)) * 60 + number(matcher.group(3)));
        }
        matcher = ONE.matcher(text);
        if (matcher.find()) {
            return clamped(secondsOf(matcher.group(1)));
        }
        matcher = BARE.matcher(text);
        return matcher.find() ? clamped(number(matcher.group(1))) : null;
    }

    private static long more(String text, int from) {
        Matcher matcher = AND_MORE.matcher(text);
        return matcher.find(from) ? seconds(matcher) : 0;
    }

    private static long seconds(Matcher matcher) {
        return number(matcher.group(1)) * secondsOf(matcher.group(2));
    }

    private static long secondsOf(String unit) {
        return switch (unit.charAt(0)) {
            case 's' -> 1;
            case 'm' -> unit.startsWith("mo") ? LONGEST : 60;
            case 'h' -> 3600;
            default -> LONGEST;
        };
    }

    private static long number(String digits) {
        return digits.length() > TOO_LONG_TO_COUNT ? LONGEST : Long.parseLong(digits);
    }

    private static @Nullable Duration clamped(long seconds) {
        return seconds == 0 ? null : Duration.ofSeconds(Math.min(seconds, LONGEST));
    }
}
