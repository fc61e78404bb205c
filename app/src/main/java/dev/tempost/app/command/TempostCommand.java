package dev.tempost.app.command;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ./tempost}: everything else is a subcommand. */
@Command(
        name = "tempost",
        description = "Insert a row in your transaction; it gets delivered.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Settings come from the command line (--spring.datasource.url=...), the environment (SPRING_DATASOURCE_URL),"
                    + " and application.yaml in the working folder or below it in config, in this order.",
            "In a source tree also: ./tempost demo, ./tempost bench (see --help of each)."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:Done.",
            "1:Refused, nothing done, or something found.",
            "2:Wrong usage, or a wrong setting.",
            "3:A server, PostgreSQL or Temporal, does not answer."
        },
        subcommands = {
            ServeCommand.class,
            DrainCommand.class,
            StatusCommand.class,
            TopCommand.class,
            FailedCommand.class,
            ShowCommand.class,
            RetryCommand.class,
            CancelCommand.class,
            DismissCommand.class,
            BulkCommand.class,
            PauseCommand.class,
            ResumeCommand.class,
            ShardsCommand.class,
            SuppressCommand.class,
            SuppressionsCommand.class,
            EraseCommand.class,
            TokenCommand.class,
            DoctorCommand.class,
            MigrateCommand.class,
            BackfillCommand.class,
            CompletionCommand.class,
            WarmUpCommand.class
        })
public final class TempostCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(System.out);
        return ExitCode.SETTING;
    }
}
