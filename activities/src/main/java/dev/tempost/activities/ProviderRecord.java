package dev.tempost.activities;

import java.util.HashSet;
import java.util.Set;

/** What this process has lately seen of one provider. */
final class ProviderRecord {

    // fewer could be chance, more would be messages sent against its will
    private static final int ENOUGH = 3;

    private final Set<Long> throttled = new HashSet<>();
    private int failures;
    private int holds;

    /** It took a message. */
    synchronized void accepted() {
        failures = 0;
        throttled.clear();
        holds = 0;
    }

    /** It heard of a message and answered. */
    synchronized void answered() {
        failures = 0;
    }

    /** It failed; returns how often in a row. */
    synchronized int failed() {
        return ++failures;
    }

    /** A quota or a rate kept a row from being accepted; returns whether it now keeps off several, with none accepted in between. */
    synchronized boolean throttled(long id) {
        throttled.add(id);
        if (throttled.size() < ENOUGH) {
            return false;
        }
        throttled.clear();
        return true;
    }

    /** It was left alone for a while. */
    synchronized void held() {
        holds++;
    }

    /** How often in a row it was left alone, and then still accepted nothing. */
    synchronized int holds() {
        return holds;
    }
}
