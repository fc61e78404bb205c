package dev.tempost.app.chaos;

/** A part of the installation that can be killed and comes back with what it had written. */
interface Victim {

    /** Kills it, so that nothing of it can tidy up. */
    void kill() throws Exception;

    /** Brings it back, on the same port and with the same data. */
    void revive() throws Exception;
}
