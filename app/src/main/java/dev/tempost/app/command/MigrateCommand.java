package dev.tempost.app.command;

import dev.tempost.outbox.database.Schema;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Brings the schema up to date, as a login that may, so that the service needs no right to. */
@Command(
        name = "migrate",
        description = {
            "Creates the schema, or brings it up to date, as the login that spring.datasource.* names; what it makes belongs to the"
                    + " schema's owner. serve does the same at its start unless tempost.schema.migrate is false.",
            "With --roles it changes nothing and prints the script that makes the roles around the schema, for psql."
        },
        mixinStandardHelpOptions = true)
final class MigrateCommand implements Callable<Integer> {

    @Option(names = "--roles", description = "Print the script of the roles instead.")
    private boolean roles;

    @Override
    public Integer call() {
        if (roles) {
            System.out.print(Schema.roles());
            return ExitCode.DONE;
        }
        return Outbox.with(dataSource -> {
            int applied = Schema.migrate(dataSource);
            System.out.println(applied == 0 ? "The schema is current" : applied + " migrations applied");
            return ExitCode.DONE;
        });
    }
}
