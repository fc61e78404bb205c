package dev.tempost.activities;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MemoryTest {

    private static final long MEGABYTE = 1 << 20;
    private static final Duration LONG = Duration.ofSeconds(20);

    // eight small shares, six megabytes for large ones, two that wait
    private final Memory memory = new Memory(16 * MEGABYTE);

    @Test
    void smallOnesDoNotWaitForLargeOnes() {
        Memory.Share large = share();
        assertThat(large.exchange(100 * MEGABYTE, Duration.ZERO))
                .as("more than there is is all of it")
                .isTrue();
        Memory.Share other = share();
        assertThat(other.exchange(MEGABYTE, Duration.ZERO)).isFalse();

        assertThat(smallOnes()).isEqualTo(8);
    }

    @Test
    void largeOnesDoNotWaitForSmallOnes() {
        Memory.Share large = share();
        smallOnes();

        assertThat(large.exchange(6 * MEGABYTE, Duration.ZERO)).isTrue();
    }

    @Test
    void aLargeOneIsNotOvertakenByThoseThatNeedLess() {
        Memory.Share first = share();
        assertThat(first.exchange(4 * MEGABYTE, Duration.ZERO)).isTrue();
        List<String> served = new CopyOnWriteArrayList<>();
        CompletableFuture<Void> second = later("large", 5 * MEGABYTE, served);
        await().until(() -> memory.waiting() == 1);
        // too much beside the other
        CompletableFuture<Void> third = later("smaller", 2 * MEGABYTE, served);
        await().until(() -> memory.waiting() == 2);

        assertThat(served).isEmpty();
        first.close();
        second.join();
        third.join();

        assertThat(served).containsExactly("large", "smaller");
    }

    @Test
    void noMoreWaitThanThereIsRoomForTheirPayloads() {
        Memory.Share first = share();
        assertThat(first.exchange(6 * MEGABYTE, Duration.ZERO)).isTrue();
        List<String> served = new CopyOnWriteArrayList<>();
        CompletableFuture<Void> second = later("second", MEGABYTE, served);
        CompletableFuture<Void> third = later("third", MEGABYTE, served);
        await().until(() -> memory.waiting() == 2);

        assertThat(share().exchange(MEGABYTE, LONG)).as("is sent away at once").isFalse();
        first.close();
        second.join();
        third.join();
    }

    @Test
    void whoIsTurnedAwayHasNothingAndWhatIsGivenBackTwiceCountsOnce() {
        for (int i = 0; i < 20; i++) {
            Memory.Share large = share();
            assertThat(large.exchange(6 * MEGABYTE, Duration.ZERO)).isTrue();
            Memory.Share turnedAway = share();
            assertThat(turnedAway.exchange(MEGABYTE, Duration.ZERO)).isFalse();
            turnedAway.close();
            large.close();
            large.close();
        }
        assertThat(smallOnes()).isEqualTo(8);
        assertThat(memory.take(Duration.ofMillis(10))).isNull();
    }

    @Test
    void whatTheHeapAllowsIsAQuarterOfIt() {
        assertThat(Memory.ofHeap().take(Duration.ZERO)).isNotNull();
    }

    private Memory.Share share() {
        return Objects.requireNonNull(memory.take(Duration.ZERO), "a small share");
    }

    private CompletableFuture<Void> later(String name, long bytes, List<String> served) {
        Memory.Share share = share();
        return CompletableFuture.runAsync(
                () -> {
                    assertThat(share.exchange(bytes, LONG)).isTrue();
                    served.add(name);
                    share.close();
                },
                Thread::startVirtualThread);
    }

    private int smallOnes() {
        List<Memory.Share> taken = new ArrayList<>();
        for (Memory.Share share = memory.take(Duration.ZERO); share != null; share = memory.take(Duration.ZERO)) {
            taken.add(share);
        }
        return taken.size();
    }
}
