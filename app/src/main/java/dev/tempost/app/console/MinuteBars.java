package dev.tempost.app.console;

import java.util.List;
import java.util.stream.IntStream;

/** Deliveries of the last minutes as bars of a drawing that is 100 high. */
public final class MinuteBars {

    private static final int HEIGHT = 100;

    /**
     * A minute.
     *
     * @param x where it begins
     * @param y where its top is
     * @param height from there to the bottom
     * @param count how many were delivered in it
     * @param label says so
     */
    public record Bar(int x, long y, long height, long count, String label) {}

    private MinuteBars() {}

    /** @param counts the oldest minute first */
    static List<Bar> of(List<Long> counts) {
        long most = Math.max(1, counts.stream().mapToLong(Long::longValue).max().orElse(1));
        return IntStream.range(0, counts.size())
                .mapToObj(i -> {
                    long count = counts.get(i);
                    long height = count == 0 ? 1 : Math.max(3, HEIGHT * count / most);
                    int ago = counts.size() - 1 - i;
                    return new Bar(
                            i * 20,
                            HEIGHT - height,
                            height,
                            count,
                            count + " delivered " + (ago == 0 ? "in this minute" : ago + " min ago"));
                })
                .toList();
    }
}
