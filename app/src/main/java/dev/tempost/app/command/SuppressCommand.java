package dev.tempost.app.command;

import dev.tempost.channels.email.AddressSpellings;
import dev.tempost.outbox.rows.SuppressionReason;
import dev.tempost.outbox.rows.Suppressions;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Puts addresses on the suppression list, and takes them off. */
@Command(
        name = "suppress",
        description = {
            "Sends no more mail to addresses, from their next attempt on: their rows end as suppressed.",
            "With --remove, sends to them again. Rows that ended stay so."
        },
        mixinStandardHelpOptions = true)
final class SuppressCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "ADDRESS",
            description = "Addresses such as ann@example.org, or @example.org for all of a domain.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private List<String> addresses;

    @Option(
            names = "--reason",
            paramLabel = "unsubscribed|hard_bounce|complaint|manual",
            description = "Why. Required, but for --remove, which without it removes all reasons.")
    @Nullable
    private SuppressionReason reason;

    @Option(names = "--tenant", paramLabel = "NAME", description = "Only this tenant's mail. Defaults to everybody's.")
    @Nullable
    private String tenant;

    @Option(
            names = "--until",
            paramLabel = "TIME",
            description = "When it ends by itself, such as 2026-12-31T00:00:00Z. Never, when left out.")
    @Nullable
    private String until;

    @Option(names = "--note", paramLabel = "TEXT", description = "Whatever helps to understand it. No personal data.")
    @Nullable
    private String note;

    @Option(names = "--remove", description = "Takes them off the list.")
    private boolean remove;

    @Override
    public Integer call() {
        List<String> spellings = spellings();
        if (remove) {
            if (until != null || note != null) {
                throw new ParameterException(spec.commandLine(), "--remove takes neither --until nor --note.");
            }
            return Outbox.with(dataSource -> remove(dataSource, spellings));
        }
        SuppressionReason why = reason;
        if (why == null) {
            throw new ParameterException(
                    spec.commandLine(), "--reason is missing: unsubscribed, hard_bounce, complaint or manual.");
        }
        OffsetDateTime expiresAt = expiresAt();
        return Outbox.with(dataSource -> {
            Suppressions suppressions = new Suppressions(dataSource);
            long made = spellings.stream()
                    .filter(address -> suppressions.put(
                            new Suppressions.Wanted(address, why, tenant, note, expiresAt), Operator.name()))
                    .count();
            System.out.println(
                    made + " suppressed" + (made < spellings.size() ? ", the others were on the list already" : ""));
            return ExitCode.DONE;
        });
    }

    private int remove(DataSource dataSource, List<String> spellings) {
        Suppressions suppressions = new Suppressions(dataSource);
        int removed = spellings.stream()
                .mapToInt(address -> suppressions.remove(address, reason, tenant, Operator.name()))
                .sum();
        if (removed == 0) {
            System.err.println("Nothing to remove: no such entry "
                    + (tenant == null
                            ? "for everybody. One of a tenant's own needs --tenant."
                            : "of tenant " + tenant + "."));
            return ExitCode.REFUSED;
        }
        System.out.println(removed + " removed");
        return ExitCode.DONE;
    }

    private List<String> spellings() {
        List<String> spellings = new ArrayList<>();
        for (String address : addresses) {
            try {
                spellings.addAll(AddressSpellings.of(address));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(
                        spec.commandLine(),
                        "'" + address + "' " + e.getMessage() + ": write ann@example.org, or @example.org.",
                        e);
            }
        }
        return spellings;
    }

    private @Nullable OffsetDateTime expiresAt() {
        try {
            return until == null ? null : OffsetDateTime.parse(until);
        } catch (DateTimeParseException e) {
            throw new ParameterException(
                    spec.commandLine(), "--until is '" + until + "': write 2026-12-31T00:00:00Z, for instance.", e);
        }
    }
}
