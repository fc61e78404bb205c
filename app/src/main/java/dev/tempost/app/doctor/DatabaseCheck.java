package dev.tempost.app.doctor;

import dev.tempost.app.engine.Migration;
import dev.tempost.app.failure.Explanation;
import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.database.DatabaseClock;
import dev.tempost.outbox.database.Login;
import dev.tempost.outbox.database.OpenTransactions;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.database.Pooling;
import dev.tempost.outbox.database.ServerRole;
import dev.tempost.outbox.database.WakeListener;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.api.FlywayException;

/** PostgreSQL: reachable, current, on time, and heard. */
final class DatabaseCheck {

    private static final Duration TOLERABLE = Duration.ofSeconds(2);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final DataSource dataSource;
    private final DataSource anyServer;
    private final DataSource listening;
    private final Migration migration;
    private final boolean migrates;

    /**
     * @param anyServer leads to whichever server of the URL answers, be it a standby
     */
    DatabaseCheck(
            DataSource dataSource, DataSource anyServer, DataSource listening, Migration migration, boolean migrates) {
        this.dataSource = dataSource;
        this.anyServer = anyServer;
        this.listening = listening;
        this.migration = migration;
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
            ServerRole role = ServerRole.of(dataSource, TIMEOUT);
            findings.add(role == ServerRole.PRIMARY ? Finding.ok("server role", role.words()) : takesNoWrites(role));
            if (role == ServerRole.PRIMARY) {
                findings.add(schema());
            }
        } catch (SQLException | OutboxUnavailableException e) {
            findings.add(unreachable(e));
        }
        return findings;
    }

    private Finding unreachable(Exception why) {
        try {
            ServerRole role = ServerRole.of(anyServer, TIMEOUT);
            if (role != ServerRole.PRIMARY) {
                return takesNoWrites(role);
            }
        } catch (OutboxUnavailableException e) {
            // no server at all
        }
        Explanation explanation = Explanation.of(why);
        return Finding.problem(
                "postgresql",
                explanation == null ? String.valueOf(why.getMessage()) : explanation.text(),
                explanation == null
                        ? "set SPRING_DATASOURCE_URL, SPRING_DATASOURCE_USERNAME and SPRING_DATASOURCE_PASSWORD"
                        : "");
    }

    private static Finding takesNoWrites(ServerRole role) {
        return Finding.problem(
                "server role",
                "the server is " + role.words(),
                "promote it, or name the primary too: of several hosts in SPRING_DATASOURCE_URL, as in"
                        + " jdbc:postgresql://one,two/app, the one that takes writes is found");
    }

    private Finding schema() {
        try {
            if (!migration.isCurrent()) {
                return Finding.problem("schema", "not up to date", remedy());
            }
            return migration.isNewer()
                    ? Finding.warn(
                            "schema", "newer than this version of Tempost", "replace what is older than the newest")
                    : Finding.ok("schema", "current");
        } catch (FlywayException e) {
            return Finding.problem(
                    "schema",
                    String.valueOf(e.getMessage()).lines().findFirst().orElse("could not be read"),
                    "does tempost.schema.url lead to the database that spring.datasource.url leads to?");
        }
    }

    private String remedy() {
        if (!migrates) {
            return "apply the migrations, or set tempost.schema.migrate to true";
        }
        return migration.isBlocked()
                ? "set tempost.schema.url to PostgreSQL itself: a migration cannot go through a transaction pooler"
                : "start a replica: it migrates";
    }

    Finding login() {
        Login login = Login.of(dataSource);
        return login.superuser()
                ? Finding.warn(
                        "login",
                        login.name() + " is a superuser: whoever takes this service over has the whole server",
                        "connect as a member of tempost_service; ./tempost migrate --roles prints how")
                : Finding.ok("login", login.name() + ", no superuser");
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

    List<Finding> transactions() {
        List<Finding> open = new OpenTransactions(dataSource)
                .openFor(LONG).stream()
                        .map(transaction -> Finding.warn(
                                "transactions",
                                transaction.application() + ", process " + transaction.pid() + ", has had one open for "
                                        + Formats.age(transaction.age().toMillis() / 1000.0)
                                        + ": claims step over all that has left the outbox since",
                                "end it, at worst by SELECT pg_terminate_backend(" + transaction.pid()
                                        + "); idle_in_transaction_session_timeout prevents the next"))
                        .toList();
        return open.isEmpty()
                ? List.of(Finding.ok("transactions", "none open for longer than " + LONG.toMinutes() + " minutes"))
                : open;
    }

    Finding pooler() {
        return Finding.ok(
                "pooler",
                switch (Pooling.of(listening)) {
                    case NONE -> "none: connections lead to PostgreSQL itself";
                    case SESSION -> "one that pools sessions";
                    case TRANSACTION -> "one that pools transactions: no statement is given a name there";
                });
    }

    Finding wakeUp() {
        if (Pooling.of(listening) == Pooling.TRANSACTION) {
            return Finding.ok("wake-up", "by polling, within a second: the pooler passes no notifications");
        }
        try (WakeListener listener = WakeListener.open(listening)) {
            return listener.hears(dataSource, TIMEOUT)
                    ? Finding.ok("wake-up", "notifications come through")
                    : Finding.warn(
                            "wake-up",
                            "notifications do not come through: new rows wait for the next poll",
                            "what stands in between? Connect past it");
        }
    }
}
