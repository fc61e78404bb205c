package dev.tempost.demo;

import dev.tempost.app.TempostApplication;
import dev.tempost.app.command.ServeCommand;
import picocli.CommandLine.Command;

/** Where {@code ./tempost demo} and {@code ./tempost bench} start; the benchmarks start {@code serve} from the same jar. */
@Command(
        name = "tempost",
        subcommands = {DemoCommand.class, BenchCommand.class, ServeCommand.class})
public final class DemoApplication {

    private DemoApplication() {}

    /** Runs one command and exits with its code. */
    public static void main(String[] args) {
        TempostApplication.run(new DemoApplication(), args);
    }
}
