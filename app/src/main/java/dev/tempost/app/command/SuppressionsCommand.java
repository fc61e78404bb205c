package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.rows.Suppressions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The suppression list. */
@Command(
        name = "suppressions",
        description = "Lists addresses that get no mail, newest first; exports and imports them.",
        mixinStandardHelpOptions = true,
        subcommands = {SuppressionsCommand.Export.class, SuppressionsCommand.Import.class})
final class SuppressionsCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Tenant tenant;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "At most so many. Defaults to ${DEFAULT-VALUE}.",
            defaultValue = "50")
    private int limit;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Output output;

    @Override
    public Integer call() {
        return Outbox.with(dataSource -> {
            List<Suppressions.Entry> entries =
                    new Suppressions(dataSource).page(List.of(), tenant.name, Long.MAX_VALUE, limit);
            output.print(
                    Output.object(
                            "suppressions",
                            entries.stream().map(SuppressionsCommand::json).toList()),
                    () -> print(entries));
            return ExitCode.DONE;
        });
    }

    private static Object json(Suppressions.Entry entry) {
        return Output.object(
                "id", entry.id(),
                "tenant", entry.tenant(),
                "address", entry.address(),
                "reason", entry.reason().word(),
                "note", entry.note(),
                "created_at", entry.createdAt(),
                "created_by", entry.createdBy(),
                "expires_at", entry.expiresAt());
    }

    private static void print(List<Suppressions.Entry> entries) {
        entries.forEach(entry -> Formats.printf(
                "%-36s %-12s %-16s since %s by %s%s%s%n",
                entry.address(),
                entry.reason().word(),
                entry.tenant() == null ? "everybody's" : entry.tenant(),
                Formats.time(entry.createdAt()),
                entry.createdBy(),
                entry.expiresAt() == null ? "" : ", until " + Formats.time(entry.expiresAt()),
                entry.note() == null ? "" : ": " + entry.note()));
        if (entries.isEmpty()) {
            System.out.println("no suppressions");
        }
    }

    /** Writes it all. */
    @Command(
            name = "export",
            description = "Prints the whole list as CSV, as import reads it.",
            mixinStandardHelpOptions = true)
    static final class Export implements Callable<Integer> {

        @Override
        public Integer call() {
            return Outbox.with(dataSource -> {
                try {
                    new SuppressionFile(new Suppressions(dataSource), Clock.systemUTC()).write(System.out);
                    return ExitCode.DONE;
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** Reads them. */
    @Command(
            name = "import",
            description = {
                "Adds what a CSV file holds, with a first line that names its columns: address, reason, and, if you like, tenant,"
                        + " note and expires_at.",
                "A line that cannot be read is named and left out. To import a file again changes nothing."
            },
            mixinStandardHelpOptions = true)
    static final class Import implements Callable<Integer> {

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Parameters(index = "0", paramLabel = "FILE", description = "The file, in UTF-8; - for standard input.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private String file;

        @Override
        public Integer call() {
            return Outbox.with(dataSource -> {
                try (InputStream in = file.equals("-") ? System.in : Files.newInputStream(Path.of(file))) {
                    SuppressionFile.Imported imported = new SuppressionFile(
                                    new Suppressions(dataSource), Clock.systemUTC())
                            .read(in, Operator.name(), System.err::println);
                    Formats.printf(
                            "%,d lines read, %,d of them bad; %,d entries are new or changed%n",
                            imported.lines(), imported.bad(), imported.changed());
                    return imported.bad() == 0 ? ExitCode.DONE : ExitCode.REFUSED;
                } catch (IOException e) {
                    throw new ParameterException(spec.commandLine(), "FILE cannot be read: " + e, e);
                }
            });
        }
    }
}
