package dev.tempost.activities;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.ledger.AttemptLedger;
import dev.tempost.outbox.ledger.AttemptRef;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class LedgerTransmissionTest {

    private static final Duration DEADLINE = Duration.ofSeconds(40);

    @AutoClose
    private final Watchdog watchdog = new Watchdog();

    private boolean begins(Duration openedAgo) {
        // says yes to whatever it is asked: a group has written what was announced
        AttemptLedger yes = (AttemptLedger) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {AttemptLedger.class}, (proxy, method, arguments) -> {
                    return method.getReturnType() == boolean.class ? true : null;
                });
        Places places = new Places(1);
        Room room = new Room(
                places,
                3,
                Objects.requireNonNull(places.take(3, Duration.ZERO)),
                Objects.requireNonNull(Memory.ofHeap().take(Duration.ZERO)));
        AttemptRef attempt = new AttemptRef(1, UUID.randomUUID(), 1, "batch", "run");
        try (room;
                LedgerTransmission transmission = new LedgerTransmission(
                        yes, attempt, watchdog, room, DEADLINE, System.nanoTime() - openedAgo.toNanos())) {
            transmission.announce();
            return transmission.begin();
        }
    }

    @Test
    void whatWasAnnouncedIsTransmitted() {
        assertThat(begins(Duration.ofSeconds(1))).isTrue();
    }

    @Test
    void whatWasAnnouncedLongAgoIsNotTransmittedWhenThereIsNoTimeToReadTheReply() {
        assertThat(begins(Duration.ofSeconds(36))).isFalse();
    }
}
