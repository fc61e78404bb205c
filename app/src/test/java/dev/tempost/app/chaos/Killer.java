package dev.tempost.app.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Kills one part after the other, in an order that its seed decides, and brings each back a little later. */
final class Killer implements Runnable {

    private static final List<String> DECK =
            List.of("tempost", "postgresql", "tempost", "temporal", "tempost", "tempost", "temporal", "postgresql");

    private final List<Replica> replicas;
    private final Postgres postgres;
    private final Temporal temporal;
    private final RpcProxy rpc;
    private final Random dice;
    private final Duration between;
    private final long until;
    private final Tally kills;
    private final List<String> deck = new ArrayList<>();
    private volatile @Nullable Exception failure;

    Killer(
            List<Replica> replicas,
            Postgres postgres,
            Temporal temporal,
            RpcProxy rpc,
            Random dice,
            Duration between,
            long until,
            Tally kills) {
        this.replicas = replicas;
        this.postgres = postgres;
        this.temporal = temporal;
        this.rpc = rpc;
        this.dice = dice;
        this.between = between;
        this.until = until;
        this.kills = kills;
    }

    /** Why it gave up; null when it did not. */
    @Nullable
    Exception failure() {
        return failure;
    }

    @Override
    public void run() {
        long next = System.nanoTime();
        while (true) {
            next += (long) ((0.5 + dice.nextDouble()) * between.toNanos());
            LockSupport.parkNanos(next - System.nanoTime());
            if (System.nanoTime() >= until) {
                return;
            }
            if (deck.isEmpty()) {
                deck.addAll(DECK);
                Collections.shuffle(deck, dice);
            }
            try {
                String part = deck.removeLast();
                Victim victim = victim(part);
                if (victim == null) {
                    part = dice.nextBoolean() ? "temporal" : "postgresql";
                    victim = Objects.requireNonNull(victim(part));
                }
                kills.count(part);
                victim.kill();
                LockSupport.parkNanos(Duration.ofMillis(dice.nextInt(2_000)).toNanos());
                victim.revive();
                if (victim == temporal) {
                    rpc.targetIsBack();
                }
            } catch (Exception e) {
                failure = e;
                return;
            }
        }
    }

    /** Null for a Tempost process while none has come so far that its death would hurt. */
    private @Nullable Victim victim(String part) {
        return switch (part) {
            case "postgresql" -> postgres;
            case "temporal" -> temporal;
            default -> {
                List<Replica> worthy =
                        replicas.stream().filter(Replica::isWorthKilling).toList();
                yield worthy.isEmpty() ? null : worthy.get(dice.nextInt(worthy.size()));
            }
        };
    }
}
