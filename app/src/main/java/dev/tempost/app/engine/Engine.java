package dev.tempost.app.engine;

import dev.tempost.outbox.Schema;
import dev.tempost.starter.Poller;
import dev.tempost.worker.DeliveryWorker;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Starts the roles of this process once the schema is there, and stops them in the right order. */
public final class Engine implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Engine.class);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);

    private final DataSource dataSource;
    private final boolean migrate;
    private final @Nullable Poller poller;
    private final @Nullable DeliveryWorker worker;
    private final List<AutoCloseable> tools;
    private volatile @Nullable Thread starting;
    private volatile boolean running;
    private volatile boolean ready;

    /**
     * @param migrate whether to bring the schema up to date first
     * @param poller null when this process does not start deliveries
     * @param worker null when this process does not run deliveries
     * @param tools what the worker's sends use; closed after the worker
     */
    public Engine(
            DataSource dataSource,
            boolean migrate,
            @Nullable Poller poller,
            @Nullable DeliveryWorker worker,
            List<AutoCloseable> tools) {
        this.dataSource = dataSource;
        this.migrate = migrate;
        this.poller = poller;
        this.worker = worker;
        this.tools = tools;
    }

    /** Returns at once: PostgreSQL and Temporal may come later. */
    @Override
    public void start() {
        running = true;
        starting = Thread.ofPlatform().name("tempost-engine").start(this::startRoles);
    }

    private void startRoles() {
        boolean told = false;
        while (running) {
            try {
                if (migrate) {
                    int applied = Schema.migrate(dataSource);
                    if (applied > 0) {
                        log.info("Applied {} migrations to schema tempost", applied);
                    }
                } else if (!Schema.isCurrent(dataSource)) {
                    throw new FlywayException("schema tempost is not up to date and tempost.schema.migrate is false");
                }
                break;
            } catch (FlywayException e) {
                if (!told) {
                    log.warn("Waiting for the schema: {}", firstLine(e));
                    told = true;
                }
            }
            try {
                Thread.sleep(BETWEEN_TRIES);
            } catch (InterruptedException e) {
                return;
            }
        }
        if (worker != null) {
            worker.start();
        }
        if (poller != null) {
            poller.start();
        }
        ready = true;
    }

    /** Whether the schema is there and the worker, if this process has one, takes work. */
    public boolean ready() {
        return ready && (worker == null || worker.running());
    }

    /** Claims nothing more, then waits for what is being sent. */
    @Override
    public void stop() {
        running = false;
        Thread thread = starting;
        if (thread != null) {
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (ready) {
            if (poller != null) {
                poller.close();
            }
            if (worker != null) {
                worker.close();
            }
            tools.forEach(Engine::close);
            log.info("Stopped: nothing is being sent any more");
        }
    }

    private static void close(AutoCloseable tool) {
        try {
            tool.close();
        } catch (Exception e) {
            log.warn("Closing {} failed", tool.getClass().getSimpleName(), e);
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage())
                .lines()
                .filter(line -> !line.isBlank())
                .findFirst()
                .orElse("");
    }
}
