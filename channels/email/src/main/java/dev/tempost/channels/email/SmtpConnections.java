package dev.tempost.channels.email;

import dev.tempost.activities.channel.Transmission;
import java.time.Duration;
import java.util.NoSuchElementException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one provider. Bounded; the one used last is used next, so that the others grow old and are closed.
 * Nothing asks a connection whether it is alive: one that turns out dead before the server heard of the message is
 * replaced within the same attempt.
 */
final class SmtpConnections implements AutoCloseable {

    private static final Duration IDLE = Duration.ofSeconds(20);
    private static final Duration LONGEST_ALONE = Duration.ofMinutes(1);

    // of a mail that is no row's
    private static final Transmission ALLOWED = new Transmission() {
        @Override
        public boolean reserve(long bytes) {
            return true;
        }

        @Override
        public boolean begin() {
            return true;
        }

        @Override
        public void closeAtDeadline(AutoCloseable connection) {}
    };

    // one for all and never shut down: a send that goes on while its provider is replaced still needs it
    private static final ScheduledThreadPoolExecutor WRITE_TIMEOUTS = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("smtp-write-timeouts").factory());

    static {
        WRITE_TIMEOUTS.setRemoveOnCancelPolicy(true);
    }

    private final SmtpProvider provider;
    private final GenericObjectPool<SmtpTransport> pool;

    SmtpConnections(SmtpProvider provider) {
        this.provider = provider;
        this.pool = new GenericObjectPool<>(new Transports(), configuration(provider));
    }

    SmtpProvider provider() {
        return provider;
    }

    SmtpEnd send(ComposedMail mail, Transmission transmission) {
        SmtpTransport transport;
        try {
            transport = pool.borrowObject(provider.connection().connectTimeout());
        } catch (NoSuchElementException e) {
            return new SmtpEnd.Busy(provider.connection().maxConnections());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new SmtpEnd.Broken(SmtpPhase.CONNECT, "interrupted while waiting for a connection", null);
        } catch (Exception e) {
            throw new IllegalStateException("cannot make a connection to mail provider " + provider.name(), e);
        }
        try (var use = new Use(transport)) {
            transmission.closeAtDeadline(use::abort);
            return transport.send(mail, transmission);
        } finally {
            pool.returnObject(transport);
        }
    }

    /** Opens a connection of its own and closes it again; null when all went well. */
    @Nullable
    SmtpEnd probe() {
        return alone(provider.connection().longestProbe(), SmtpTransport::probe);
    }

    /** Sends over a connection of its own. */
    SmtpEnd sendAlone(ComposedMail mail) {
        return alone(LONGEST_ALONE, transport -> {
            try {
                return transport.send(mail, ALLOWED);
            } finally {
                transport.quit();
            }
        });
    }

    private <T extends @Nullable Object> T alone(Duration longest, Function<SmtpTransport, T> use) {
        SmtpTransport transport = SmtpTransport.to(provider, WRITE_TIMEOUTS);
        Future<?> deadline = WRITE_TIMEOUTS.schedule(transport::abort, longest.toMillis(), TimeUnit.MILLISECONDS);
        try {
            return use.apply(transport);
        } finally {
            deadline.cancel(false);
        }
    }

    /** Closes what is idle now, and what is in use as soon as it is given back. */
    @Override
    public void close() {
        pool.close();
    }

    /** One message's time with a transport: a deadline that passes later must not hit the next message. */
    private static final class Use implements AutoCloseable {

        private final SmtpTransport transport;
        private boolean over;

        Use(SmtpTransport transport) {
            this.transport = transport;
            transport.allow();
        }

        synchronized void abort() {
            if (!over) {
                transport.abort();
            }
        }

        @Override
        public synchronized void close() {
            over = true;
        }
    }

    private static GenericObjectPoolConfig<SmtpTransport> configuration(SmtpProvider provider) {
        var configuration = new GenericObjectPoolConfig<SmtpTransport>();
        configuration.setMaxTotal(provider.connection().maxConnections());
        configuration.setMaxIdle(provider.connection().maxConnections());
        configuration.setLifo(true);
        configuration.setMinEvictableIdleDuration(IDLE);
        configuration.setTimeBetweenEvictionRuns(IDLE.dividedBy(4));
        configuration.setNumTestsPerEvictionRun(-1);
        configuration.setJmxEnabled(false);
        return configuration;
    }

    private final class Transports extends BasePooledObjectFactory<SmtpTransport> {

        @Override
        public SmtpTransport create() {
            return SmtpTransport.to(provider, WRITE_TIMEOUTS);
        }

        @Override
        public PooledObject<SmtpTransport> wrap(SmtpTransport transport) {
            return new DefaultPooledObject<>(transport);
        }

        @Override
        public void destroyObject(PooledObject<SmtpTransport> pooled) {
            pooled.getObject().quit();
        }
    }
}
