package dev.tempost.app.console;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers and times as pages show them. */
public final class Words {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** In UTC; a dash for none. */
    public String time(@Nullable Instant instant) {
        return instant == null ? "–" : TIME.format(instant);
    }

    /** How long ago, or in how long. */
    public String ago(@Nullable Instant instant) {
        if (instant == null) {
            return "–";
        }
        double seconds = Duration.between(instant, Instant.now()).toMillis() / 1000.0;
        return seconds >= 0 ? age(seconds) + " ago" : "in " + age(-seconds);
    }

    /** A span of time in its two largest units. */
    public String age(double seconds) {
        long whole = Math.round(seconds);
        if (whole < 60) {
            return whole + " s";
        } else if (whole < 3600) {
            return whole / 60 + " min";
        } else if (whole < 48 * 3600) {
            return whole / 3600 + " h " + whole % 3600 / 60 + " min";
        }
        return whole / 86400 + " days";
    }

    /** With its thousands apart. */
    public String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
