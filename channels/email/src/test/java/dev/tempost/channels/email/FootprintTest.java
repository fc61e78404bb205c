package dev.tempost.channels.email;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is told of a text before it is read, against what reading it takes. */
class FootprintTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int SIZE = 200_000;

    @Test
    void noShapeOfJsonTakesMoreThanIsTold() {
        Map<String, String> shapes = Map.of(
                "one text", "{\"a\": \"" + "x".repeat(SIZE) + "\"}",
                "wide text", "{\"a\": \"" + "用".repeat(SIZE / 3) + "\"}",
                "objects", "{\"a\": [" + filled("{},", "{}") + "]}",
                "objects of one", "{\"a\": [" + filled("{\"b\":1},", "{}") + "]}",
                "arrays", "{\"a\": [" + filled("[],", "[]") + "]}",
                "arrays of one", "{\"a\": [" + filled("[1],", "[]") + "]}",
                "numbers", "{\"a\": [" + filled("1000,", "0") + "]}",
                "decimals", "{\"a\": [" + filled("1.5,", "0") + "]}",
                "names", "{\"a\": [" + filled("\"Ann\",", "0") + "]}",
                "deep", "{\"a\": [" + filled("[".repeat(60) + "]".repeat(60) + ",", "0") + "]}");
        shapes.forEach((shape, json) -> {
            long taken = allocatedBy(() -> JsonObjects.read("payload", json));
            System.out.printf(
                    "%s: %d bytes of text, %d told, %d taken%n", shape, json.length(), Footprint.of(json), taken);
            assertThat(Footprint.of(json))
                    .as("%s, %d bytes", shape, json.length())
                    .isGreaterThan(taken);
        });
    }

    @Test
    void aLongPathIsNotKeptForEachValueBelowIt() {
        String json =
                ("{\"" + "k".repeat(1000) + "\":").repeat(50) + "[" + "{},".repeat(10_000) + "0]" + "}".repeat(50);

        assertThat(allocatedBy(() -> JsonObjects.read("payload", json))).isLessThan(Footprint.of(json));
    }

    private static String filled(String item, String last) {
        return item.repeat(SIZE / item.length()) + last;
    }

    /** What was allocated and is garbage again counts as well: who takes less than that has enough. */
    private static long allocatedBy(Runnable work) {
        work.run();
        long before = THREADS.getCurrentThreadAllocatedBytes();
        work.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
