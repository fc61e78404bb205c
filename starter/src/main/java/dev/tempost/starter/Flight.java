package dev.tempost.starter;

/** A claimed row whose first attempt has not ended yet. Times are {@link System#nanoTime}. */
final class Flight {

    private final long claimedAt;
    private final String provider;
    private final boolean urgent;
    private final boolean crowded;
    private boolean sending;
    private long begunAt;

    /** @param crowded whether it has to wait for a send to end: then its wait says nothing of Temporal */
    Flight(long claimedAt, String provider, boolean urgent, boolean crowded) {
        this.claimedAt = claimedAt;
        this.provider = provider;
        this.urgent = urgent;
        this.crowded = crowded;
    }

    long claimedAt() {
        return claimedAt;
    }

    String provider() {
        return provider;
    }

    boolean urgent() {
        return urgent;
    }

    boolean crowded() {
        return crowded;
    }

    boolean sending() {
        return sending;
    }

    /** Its attempt has begun: it no longer waits for Temporal. */
    void begin(long now) {
        sending = true;
        begunAt = now;
    }

    /** When its attempt began; of no meaning before. */
    long begunAt() {
        return begunAt;
    }
}
