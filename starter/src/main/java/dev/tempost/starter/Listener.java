package dev.tempost.starter;

import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import dev.tempost.outbox.database.Pooling;
import dev.tempost.outbox.database.WakeListener;
import java.time.Duration;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns notifications into rings, on a connection of its own; comes back by itself after an outage. */
final class Listener implements RepeatingTask.Round {

    private static final Logger log = LoggerFactory.getLogger(Listener.class);
    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(2);
    private static final Duration PROOF_OF_LIFE = Duration.ofSeconds(10);
    // what keeps notifications back may have been a busy moment, or may be taken away
    private static final Duration BEFORE_ANOTHER_PROBE = Duration.ofMinutes(1);

    private final DataSource listening;
    private final DataSource pool;
    private final Runnable ring;
    private volatile boolean hearing;
    private boolean told;

    /**
     * @param listening where the listening connection comes from
     * @param pool what producers' notifications come through as far as this process can tell
     * @param ring called when rows came, and when some may have come unheard
     */
    Listener(DataSource listening, DataSource pool, Runnable ring) {
        this.listening = listening;
        this.pool = pool;
        this.ring = ring;
    }

    /** Whether notifications come through just now. */
    boolean hearing() {
        return hearing;
    }

    @Override
    public Next run() throws InterruptedException {
        try {
            // before a LISTEN, which would stay behind on a server that others use
            if (Pooling.of(listening) == Pooling.TRANSACTION) {
                tellOnce("PostgreSQL is behind a transaction pooler, which passes no notifications: polling instead.");
            } else {
                listen();
            }
        } finally {
            hearing = false;
        }
        return Next.after(BEFORE_ANOTHER_PROBE);
    }

    /** Returns when notifications do not come through. */
    private void listen() throws InterruptedException {
        try (WakeListener listener = WakeListener.open(listening)) {
            hearing = listener.hears(pool, PROBE_PATIENCE);
            if (!hearing) {
                tellOnce("Notifications do not come through this connection: polling instead.");
                return;
            }
            told = false;
            ring.run();
            while (true) {
                if (listener.await(PROOF_OF_LIFE)) {
                    ring.run();
                }
            }
        }
    }

    private void tellOnce(String what) {
        if (!told) {
            told = true;
            log.warn(what);
        }
    }
}
