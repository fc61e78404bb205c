package dev.tempost.app.e2e;

import dev.tempost.channels.email.testing.ScriptedSmtpServer.Received;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * How fast mails came in at a server.
 *
 * @param mails how many came
 * @param took from the first to the last
 * @param worst the most that came within any ten seconds
 */
record Pace(int mails, Duration took, int worst) {

    static final Duration WINDOW = Duration.ofSeconds(10);

    static Pace of(List<Received> mails) {
        List<Instant> times = mails.stream().map(Received::at).sorted().toList();
        int worst = 0;
        int first = 0;
        for (int last = 0; last < times.size(); last++) {
            while (!times.get(last).isBefore(times.get(first).plus(WINDOW))) {
                first++;
            }
            worst = Math.max(worst, last - first + 1);
        }
        return new Pace(times.size(), Duration.between(times.getFirst(), times.getLast()), worst);
    }

    double perSecond() {
        return (mails - 1) / (took.toMillis() / 1000.0);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d mails in %.1f s, %.2f a second, at most %d in any %d s",
                mails,
                took.toMillis() / 1000.0,
                perSecond(),
                worst,
                WINDOW.toSeconds());
    }
}
