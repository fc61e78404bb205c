package dev.tempost.activities.channel.testing;

import dev.tempost.activities.channel.Transmission;
import org.jspecify.annotations.Nullable;

/** An attempt of a test's own. */
public final class Attempt implements Transmission {

    private final boolean mayBegin;
    private volatile boolean asked;
    private boolean over;
    private @Nullable AutoCloseable connection;

    private Attempt(boolean mayBegin) {
        this.mayBegin = mayBegin;
    }

    /** One that may send. */
    public static Attempt allowed() {
        return new Attempt(true);
    }

    /** One that is told so when it asks whether it may still send. */
    public static Attempt tooLate() {
        return new Attempt(false);
    }

    @Override
    public boolean reserve(long bytes) {
        return true;
    }

    @Override
    public boolean begin() {
        asked = true;
        return mayBegin;
    }

    /** Whether the channel has asked. */
    public boolean asked() {
        return asked;
    }

    @Override
    public synchronized void closeAtDeadline(AutoCloseable connection) {
        this.connection = connection;
        if (over) {
            close();
        }
    }

    /** Its deadline passes, now. */
    public synchronized void passDeadline() {
        over = true;
        close();
    }

    private void close() {
        if (connection != null) {
            try {
                connection.close();
            } catch (Exception e) {
                throw new AssertionError("closing may not fail", e);
            }
        }
    }
}
