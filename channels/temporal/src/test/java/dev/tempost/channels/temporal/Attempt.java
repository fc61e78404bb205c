package dev.tempost.channels.temporal;

import dev.tempost.activities.channel.Transmission;
import org.jspecify.annotations.Nullable;

/** An attempt of a test's own. */
final class Attempt implements Transmission {

    private final boolean mayBegin;
    private volatile boolean asked;
    private boolean over;
    private @Nullable AutoCloseable connection;

    private Attempt(boolean mayBegin) {
        this.mayBegin = mayBegin;
    }

    static Attempt allowed() {
        return new Attempt(true);
    }

    static Attempt tooLate() {
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

    boolean asked() {
        return asked;
    }

    @Override
    public synchronized void closeAtDeadline(AutoCloseable connection) {
        this.connection = connection;
        if (over) {
            close();
        }
    }

    synchronized void passDeadline() {
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
