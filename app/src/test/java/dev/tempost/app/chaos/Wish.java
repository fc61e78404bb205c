package dev.tempost.app.chaos;

import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One row a producer wants to write.
 *
 * @param token in its address and its payload, and nowhere else
 * @param complete whether its payload holds what its template needs
 * @param enqueue by {@code tempost.enqueue}; else by a plain INSERT
 * @param cancelAfter when it is cancelled by its id; null for never
 */
record Wish(
        String token,
        String recipient,
        String eventType,
        boolean complete,
        boolean enqueue,
        int priority,
        @Nullable String shard,
        @Nullable String job,
        @Nullable Duration expiresIn,
        @Nullable Duration cancelAfter) {

    private static final String DOMAIN = "@chaos.example";

    static Wish random(Random dice, String token, @Nullable String job) {
        int kind = dice.nextInt(100);
        boolean sharded = job == null && kind < 10;
        boolean badAddress = kind >= 10 && kind < 12;
        return new Wish(
                token,
                badAddress ? token + " has no address" : token + DOMAIN,
                dice.nextInt(10) == 0 ? "parked" : "welcome",
                kind != 12,
                sharded || dice.nextBoolean(),
                1 + dice.nextInt(5),
                sharded ? "shard-" + dice.nextInt(8) : null,
                job,
                kind >= 13 && kind < 17 ? Duration.ofMillis(50 + dice.nextInt(8_000)) : null,
                kind >= 17 && kind < 21 ? Duration.ofMillis(dice.nextInt(1_500)) : null);
    }

    static String address(String token) {
        return token + DOMAIN;
    }

    String payload() {
        return complete ? "{\"token\": \"" + token + "\", \"name\": \"Ada\"}" : "{\"token\": \"" + token + "\"}";
    }
}
