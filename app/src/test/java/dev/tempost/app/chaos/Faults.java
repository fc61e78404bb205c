package dev.tempost.app.chaos;

import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/** Decides, for each boundary from its own sequence of numbers, which of its steps fail. */
final class Faults {

    private final long seed;
    private final double rate;
    private final Map<String, Random> dice = new ConcurrentHashMap<>();
    private final Tally steps = new Tally();
    private final Tally faults = new Tally();
    private volatile boolean calm = true;

    Faults(long seed, double rate) {
        this.seed = seed;
        this.rate = rate;
    }

    /** A sequence of its own for each name. */
    static Random dice(long seed, String name) {
        return new Random(seed * 1_000_003 + name.hashCode());
    }

    boolean strikes(String boundary) {
        if (calm) {
            return false;
        }
        steps.count(boundary);
        return of(boundary).nextDouble() < rate;
    }

    int pick(String boundary, int choices) {
        return of(boundary).nextInt(choices);
    }

    void struck(String fault) {
        faults.count(fault);
    }

    /** From now on steps fail. */
    void begin() {
        calm = false;
    }

    /** From now on everything works. */
    void calm() {
        calm = true;
    }

    Map<String, Integer> struck() {
        return faults.counts();
    }

    Map<String, Integer> steps() {
        return steps.counts();
    }

    int total() {
        return faults.total();
    }

    private Random of(String boundary) {
        return dice.computeIfAbsent(boundary, name -> dice(seed, name));
    }
}
