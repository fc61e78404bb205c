package dev.tempost.starter;

import dev.tempost.outbox.OutboxUnavailableException;
import dev.tempost.outbox.Pooling;
import dev.tempost.outbox.WakeListener;
import java.time.Duration;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns notifications into rings, on a thread and a connection of its own; comes back by itself after an outage. */
final class Listener implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Listener.class);
    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(2);
    private static final Duration PROOF_OF_LIFE = Duration.ofSeconds(10);

    private final DataSource listening;
    private final DataSource pool;
    private final Waker waker;
    private final Thread thread;
    private volatile boolean hearing;
    private volatile boolean stopped;

    /**
     * @param listening where the listening connection comes from
     * @param pool what producers' notifications come through as far as this process can tell
     */
    Listener(DataSource listening, DataSource pool, Waker waker) {
        this.listening = listening;
        this.pool = pool;
        this.waker = waker;
        this.thread = Thread.ofPlatform().name("tempost-listener").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Whether notifications come through just now. */
    boolean hearing() {
        return hearing;
    }

    private void run() {
        Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));
        while (!stopped) {
            try {
                if (!listens(backoff)) {
                    return;
                }
            } catch (OutboxUnavailableException e) {
                hearing = false;
                pause(backoff.next());
            }
        }
    }

    /** Listens until it is stopped; false when it is of no use. */
    private boolean listens(Backoff backoff) {
        // before a LISTEN, which would stay behind on a server that others use
        if (Pooling.of(listening) == Pooling.TRANSACTION) {
            log.info("PostgreSQL is behind a transaction pooler, which passes no notifications: polling instead.");
            return false;
        }
        try (WakeListener listener = WakeListener.open(listening)) {
            hearing = listener.hears(pool, PROBE_PATIENCE);
            if (!hearing) {
                log.warn("Notifications do not come through this connection: polling instead. Set"
                        + " tempost.starter.listen=false to stop trying.");
                return false;
            }
            backoff.reset();
            waker.ring();
            while (!stopped) {
                if (listener.await(PROOF_OF_LIFE)) {
                    waker.ring();
                }
            }
            return true;
        }
    }

    private void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            stopped = true;
        }
    }

    @Override
    public void close() {
        stopped = true;
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
