package dev.tempost.loops;

import java.time.Duration;

/** Lets time pass; a test's own one need not. */
public interface Sleeper {

    /** The one that everybody but a test uses. */
    Sleeper REAL = Thread::sleep;

    /** Returns after a pause, or throws as soon as the thread is interrupted. */
    void sleep(Duration pause) throws InterruptedException;
}
