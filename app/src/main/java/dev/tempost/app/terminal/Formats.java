package dev.tempost.app.terminal;

import dev.tempost.channels.email.SafeText;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a terminal shows what has no words of its own. */
public final class Formats {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

    private Formats() {}

    /** An age such as {@code 3 h 12 min}; a dash for none. */
    public static String age(double seconds) {
        if (seconds <= 0) {
            return "-";
        }
        Duration age = Duration.ofMillis((long) (seconds * 1000));
        if (age.toDays() > 0) {
            return age.toDays() + " d " + age.toHoursPart() + " h";
        }
        if (age.toHours() > 0) {
            return age.toHours() + " h " + age.toMinutesPart() + " min";
        }
        return age.toMinutes() > 0 ? age.toMinutes() + " min " + age.toSecondsPart() + " s" : age.toSeconds() + " s";
    }

    /** Prints a line in which every text is {@linkplain SafeText safe to read}: reasons, keys and replies come from elsewhere. */
    public static void printf(String format, @Nullable Object... values) {
        Object[] readable = Arrays.stream(values)
                .map(value -> value == null || value instanceof Number ? value : SafeText.of(value.toString()))
                .toArray();
        System.out.printf(Locale.ROOT, format, readable);
    }

    /** A moment in UTC; a dash for none. */
    public static String time(@Nullable Instant instant) {
        return instant == null ? "-" : TIME.format(instant);
    }
}
