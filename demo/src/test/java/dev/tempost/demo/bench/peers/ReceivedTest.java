package dev.tempost.demo.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.demo.bench.SlowSink;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReceivedTest {

    private static final Instant START = Instant.parse("2026-11-27T12:00:00Z");

    @Test
    void theFirstMailOfARowCountsAndASecondIsDoubled() {
        Received received = Received.of(
                Map.of("a", START, "b", START, "c", START),
                List.of(mail("a", 100), mail("b", 200), mail("a", 900), mail("warm0", 950)));

        assertThat(received.missing()).isEqualTo(1);
        assertThat(received.doubled()).containsExactly("a");
        assertThat(received.lags()).containsExactly(100.0, 200.0);
        assertThat(received.secondsSince(START)).isEqualTo(0.2);
    }

    @Test
    void aRateIsThatOfTheMiddleFourFifths() {
        Map<String, Instant> committedAt = new HashMap<>();
        List<SlowSink.Accepted> mails = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            committedAt.put("r" + i, START);
            // the last tenth comes late
            mails.add(mail("r" + i, i * 10L + (i > 90 ? 60_000 : 0)));
        }

        assertThat(Received.of(committedAt, mails).perSecond()).isEqualTo(100.0);
    }

    private static SlowSink.Accepted mail(String id, long millis) {
        return new SlowSink.Accepted(id + "@example.com", START.plusMillis(millis));
    }
}
