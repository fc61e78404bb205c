package dev.tempost.app.doctor;

import dev.tempost.outbox.DatabaseClock;
import dev.tempost.outbox.Schema;
import dev.tempost.outbox.WakeListener;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** PostgreSQL: reachable, current, on time, and heard. */
final class DatabaseExam {

    private static final Duration TOLERABLE = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final DataSource dataSource;
    private final DataSource listening;
    private final boolean listen;
    private final boolean migrates;

    DatabaseExam(DataSource dataSource, DataSource listening, boolean listen, boolean migrates) {
        this.dataSource = dataSource;
        this.listening = listening;
        this.listen = listen;
        this.migrates = migrates;
    }

    /** The rest can be asked only when the last of these is fine. */
    List<Finding> reachable() {
        List<Finding> findings = new ArrayList<>();
        try (Connection connection = dataSource.getConnection()) {
            findings.add(Finding.ok(
                    "postgresql",
                    "version " + connection.getMetaData().getDatabaseProductVersion() + ", "
                            + connection.getMetaData().getURL().replaceAll("[?].*", "")));
        } catch (SQLException e) {
            findings.add(
                    Finding.problem(
                            "postgresql",
                            String.valueOf(e.getMessage()).lines().findFirst().orElse("does not answer"),
                            "set SPRING_DATASOURCE_URL, SPRING_DATASOURCE_USERNAME and SPRING_DATASOURCE_PASSWORD, or start it"));
            return findings;
        }
        findings.add(
                Schema.isCurrent(dataSource)
                        ? Finding.ok("schema", "current")
                        : Finding.problem(
                                "schema",
                                "not up to date",
                                migrates
                                        ? "start a replica: it migrates"
                                        : "apply the migrations, or set tempost.schema.migrate to true"));
        return findings;
    }

    Finding clock() {
        Duration ahead = new DatabaseClock(dataSource).aheadOf(Clock.systemUTC());
        String says = "PostgreSQL is " + ahead.abs().toMillis() + " ms " + (ahead.isNegative() ? "behind" : "ahead of")
                + " this machine";
        return ahead.abs().compareTo(TOLERABLE) <= 0
                ? Finding.ok("clocks", says)
                : Finding.warn(
                        "clocks",
                        says,
                        "nothing is sent twice for it, since PostgreSQL's clock decides; but times in logs mislead:"
                                + " look at NTP");
    }

    Finding wakeUp() {
        if (!listen) {
            return Finding.ok("wake-up", "by polling: tempost.starter.listen is false");
        }
        try (WakeListener listener = WakeListener.open(listening)) {
            return listener.hears(dataSource, PATIENCE)
                    ? Finding.ok("wake-up", "notifications come through")
                    : Finding.warn(
                            "wake-up",
                            "notifications do not come through: new rows wait for the next poll",
                            "a transaction pooler in between? Connect past it, or set tempost.starter.listen to false");
        }
    }
}
