package dev.tempost.app;

import dev.tempost.app.command.TempostCommand;
import picocli.CommandLine;

/** Where it starts. */
public final class TempostApplication {

    private TempostApplication() {}

    /** Runs one command and exits with its code: 0 for done, 1 for failed, 2 for misunderstood. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new TempostCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args));
    }
}
