package dev.tempost.app.command;

import dev.tempost.app.terminal.Progress;
import dev.tempost.outbox.rows.Erasure;
import dev.tempost.outbox.rows.Suppressions;
import java.util.Locale;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Removes everything about somebody. */
@Command(
        name = "erase",
        description = {
            "Removes the rows of a recipient or of a tenant in every state, with their attempts and what the audit says of them.",
            "Rows in flight are cancelled first: run it again until none is left. Temporal holds no personal data. What other rows"
                    + " say about somebody in their payload, and logs of your own, are not found. A removed row's dedup_key is"
                    + " free again. An address stays suppressed, a tenant's suppressions leave with it. There is no way back."
        },
        mixinStandardHelpOptions = true)
final class EraseCommand implements Callable<Integer> {

    private static final int STEP = 5000;

    private static final class Whose {
        @Option(names = "--recipient", paramLabel = "ADDRESS", description = "Rows to this recipient, in all tenants.")
        @Nullable
        private String recipient;

        @Option(names = "--tenant", paramLabel = "NAME", description = "All rows of this tenant.")
        @Nullable
        private String tenant;
    }

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Whose whose;

    @Override
    public Integer call() {
        return Outbox.with(this::erase);
    }

    private int erase(DataSource dataSource) {
        Erasure erasure = new Erasure(dataSource);
        Progress progress = new Progress(System.err);
        long newest = erasure.newest();
        long removed = 0;
        long inFlight = 0;
        Long last = 0L;
        while (last != null && last < newest) {
            Erasure.Step step = erasure.step(whose.recipient, whose.tenant, last, STEP, Operator.name());
            removed += step.removed();
            inFlight += step.inFlight();
            last = step.last();
            if (last != null && last < newest) {
                progress.count("Looked at rows up to", last, newest);
            }
        }
        System.out.printf(Locale.ROOT, "%,d rows removed, with their attempts%n", removed);
        if (whose.tenant != null) {
            long suppressions = eraseSuppressions(new Suppressions(dataSource), whose.tenant);
            System.out.printf(Locale.ROOT, "%,d suppressions removed%n", suppressions);
        }
        if (inFlight > 0) {
            System.out.printf(
                    Locale.ROOT,
                    "%,d are in flight: cancelled before their next attempt. Run this again in a minute%n",
                    inFlight);
            return ExitCode.REFUSED;
        }
        return ExitCode.DONE;
    }

    private static long eraseSuppressions(Suppressions suppressions, String tenant) {
        long removed = 0;
        int step;
        do {
            step = suppressions.erase(tenant, STEP, Operator.name());
            removed += step;
        } while (step > 0);
        return removed;
    }
}
