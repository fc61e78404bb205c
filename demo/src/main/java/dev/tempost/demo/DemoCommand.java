package dev.tempost.demo;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows Tempost at work, without anything to install. */
@Command(
        name = "demo",
        description = "Plays a real story on an embedded PostgreSQL, a real Temporal server and a mail server.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

    @Option(
            names = "--exit",
            description = "End when everything is delivered: with 0 if exactly the mails that were owed arrived.")
    private boolean exit;

    @Override
    public Integer call() throws Exception {
        return new Demo().play(exit);
    }
}
