package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.app.terminal.Progress;
import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.RowSearch;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The same to all rows that match. */
@Command(
        name = "bulk",
        description = {
            "Retries, dismisses, corrects (failed rows) or cancels (pending and dispatched ones) all rows that match, each with the guards"
                    + " of one. A replica does it, and goes on after a crash; this command shows how far it is, and may be stopped.",
            "Without options that narrow, all rows match. Rows inserted later are left alone."
        },
        mixinStandardHelpOptions = true)
final class BulkCommand implements Callable<Integer> {

    private static final long BETWEEN_LOOKS_MILLIS = 500;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "retry|dismiss|correct|cancel", description = "What is done to each row.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private BulkActions.Action action;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Tenant tenant;

    @Option(names = "--event-type", paramLabel = "NAME", description = "Only rows of this event type.")
    @Nullable
    private String eventType;

    @Option(names = "--failure-type", paramLabel = "NAME", description = "Only rows whose last failure has this type.")
    @Nullable
    private String failureType;

    @Option(names = "--job", paramLabel = "ID", description = "Only rows of this job.")
    @Nullable
    private String job;

    @Option(names = "--recipient", paramLabel = "ADDRESS", description = "Only rows to this recipient.")
    @Nullable
    private String recipient;

    @Option(
            names = "--patch",
            paramLabel = "JSON",
            description = "For correct: the top-level keys of the payload that are replaced, as a JSON object.")
    @Nullable
    private String patch;

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit. No personal data.")
    @Nullable
    private String reason;

    @Option(
            names = "--per-second",
            paramLabel = "N",
            defaultValue = "200",
            description = "At most so many rows a second. Defaults to ${DEFAULT-VALUE}.")
    private int perSecond;

    @Option(names = "--dry-run", description = "Only counts the rows that match, and names ten of them.")
    private boolean dryRun;

    @Override
    public Integer call() {
        if (!dryRun && (reason == null || reason.isBlank())) {
            throw new ParameterException(
                    spec.commandLine(), "--reason is missing: say why, or look first with --dry-run.");
        }
        if (!dryRun && (action == BulkActions.Action.CORRECT) != (patch != null)) {
            throw new ParameterException(spec.commandLine(), "--patch goes with correct, and correct needs it.");
        }
        if (perSecond < 1 || perSecond > BulkActions.FASTEST) {
            throw new ParameterException(spec.commandLine(), "--per-second takes 1 to " + BulkActions.FASTEST + ".");
        }
        RowSearch.Filter filter =
                new RowSearch.Filter(null, tenant.name, eventType, failureType, null, recipient, job, null, null);
        return Outbox.with(dataSource -> dryRun ? preview(dataSource, filter) : work(dataSource, filter));
    }

    private int preview(DataSource dataSource, RowSearch.Filter filter) {
        BulkActions.Preview preview = new BulkActions(dataSource).preview(action, filter);
        Formats.printf("%,d rows match%s%n", preview.matched(), preview.complete() ? "" : ", of the 100,000 looked at");
        List<Long> sample = preview.sample();
        if (!sample.isEmpty()) {
            System.out.println("the newest: " + sample);
        }
        return preview.matched() == 0 ? ExitCode.REFUSED : ExitCode.DONE;
    }

    private int work(DataSource dataSource, RowSearch.Filter filter) {
        BulkActions actions = new BulkActions(dataSource);
        long matched = actions.preview(action, filter).matched();
        BulkActions.Progress progress =
                actions.create(action, filter, patch, String.valueOf(reason), Operator.name(), perSecond);
        UUID id = progress.id();
        Progress shown = new Progress(System.err);
        shown.say("bulk action " + id + ": goes on without this command; its page is /console/bulk/" + id);
        while (progress != null && progress.finishedAt() == null) {
            shown.count("Rows", progress.done() + progress.refused(), matched);
            try {
                Thread.sleep(BETWEEN_LOOKS_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return ExitCode.REFUSED;
            }
            progress = actions.find(id);
        }
        if (progress == null) {
            System.err.println("Bulk action " + id + " is gone.");
            return ExitCode.REFUSED;
        }
        Formats.printf(
                "%,d done, %,d left alone%s%n",
                progress.done(), progress.refused(), progress.cancelled() ? ", cancelled" : "");
        return progress.refused() > 0 || progress.cancelled() ? ExitCode.REFUSED : ExitCode.DONE;
    }
}
