package dev.tempost.app.command;

import dev.tempost.app.terminal.Progress;
import dev.tempost.outbox.backfill.Backfill;
import dev.tempost.outbox.backfill.BackfillProgress;
import dev.tempost.outbox.backfill.BackfillRefusedException;
import dev.tempost.outbox.backfill.BackfillRun;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Enqueues what a query returns, once. */
@Command(
        name = "backfill",
        description = {
            "Enqueues a row for each row of a query, once per event type and version: in the order of a key, with priority 5,"
                    + " no faster than they are delivered. Stop it at any time: the same command goes on where it ended.",
            "The query's columns are those of the outbox (recipient, payload, tenant, dedup_key, …) and the key."
        })
final class BackfillCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    // not from the standard options, whose --version is another
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help message and exit.")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    @Option(names = "--event-type", paramLabel = "NAME", required = true, description = "The event type of the rows.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String eventType;

    @Option(
            names = "--version",
            paramLabel = "N",
            required = true,
            description = "Which backfill of this event type it is, from 1. Each runs to its end once.")
    private int version;

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private QuerySource source;

    @Option(
            names = "--key",
            paramLabel = "COLUMN",
            defaultValue = "id",
            description = "The column to go on by: unique, never null, best one with an index. Defaults to"
                    + " ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String key;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Rows a transaction. Defaults to ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "0",
            description = "The most rows a second, such as 500 or 500/s; 0 for no limit but the backlog's. Defaults to"
                    + " ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String rate;

    @Option(
            names = "--backlog",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Waits while so many rows of the event type are due. Defaults to ${DEFAULT-VALUE}.")
    private int backlog;

    @Option(
            names = "--without-recipient",
            description = "The query has no column recipient, or it may be null: the payload decides.")
    private boolean withoutRecipient;

    @Option(
            names = "--changed-query",
            description = "Go on with another query than it began with: a row was left out, say.")
    private boolean changedQuery;

    private final Progress progress = new Progress(System.out);
    private final CountDownLatch stop = new CountDownLatch(1);

    @Override
    public Integer call() {
        Backfill backfill =
                new Backfill(eventType, atLeastOne("--version", version), source.query(spec), key, !withoutRecipient);
        atLeastOne("--batch", batch);
        atLeastOne("--backlog", backlog);
        int perSecond = perSecond();
        CountDownLatch ended = new CountDownLatch(1);
        Thread interrupted = new Thread(() -> {
            stop.countDown();
            try {
                ended.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(interrupted);
        try {
            return Outbox.with(dataSource -> run(dataSource, backfill, perSecond));
        } finally {
            ended.countDown();
        }
    }

    private int run(DataSource dataSource, Backfill backfill, int perSecond) {
        try (BackfillRun run = BackfillRun.open(dataSource, backfill, changedQuery)) {
            BackfillProgress begun = run.progress();
            long all = begun.enqueued() + begun.known() + run.estimateLeft();
            progress.say(
                    backfill + (begun.lastKey() == null ? " begins" : " goes on after " + key + " = " + begun.lastKey())
                            + ": about " + all + " rows in all, as PostgreSQL estimates");
            BackfillProgress last =
                    new BackfillPace(batch, perSecond, backlog, key, progress, stop).steps(run, begun, all);
            String enqueued = last.enqueued() + " enqueued"
                    + (last.known() == 0 ? "" : ", " + last.known() + " known by their dedup_key");
            progress.say(
                    last.finished()
                            ? "Finished: " + enqueued
                            : "Stopped: " + enqueued + ", the last " + key + " = " + last.lastKey()
                                    + ". The same command goes on.");
            return last.finished() ? ExitCode.DONE : ExitCode.REFUSED;
        } catch (BackfillRefusedException e) {
            System.out.flush();
            System.err.println(e.getMessage());
            return ExitCode.REFUSED;
        }
    }

    private int perSecond() {
        try {
            return Integer.parseUnsignedInt(rate.replaceFirst("/s$", ""));
        } catch (NumberFormatException e) {
            throw new ParameterException(
                    spec.commandLine(), "--rate " + rate + ": give rows a second, such as 500 or 500/s");
        }
    }

    private int atLeastOne(String option, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + " " + value + ": give 1 or more");
        }
        return value;
    }
}
