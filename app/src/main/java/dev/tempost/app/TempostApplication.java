package dev.tempost.app;

import dev.tempost.app.command.TempostCommand;
import picocli.CommandLine;

/** Where it starts. */
public final class TempostApplication {

    /**
     * A virtual thread keeps its carrier while it loads a class, and the class loader of the built jar locks. With as many
     * carriers as processors, few that is, all of them may wait for a lock whose owner waits for a carrier, for ever. More
     * carriers than sends, starts and workflow tasks that load classes at the same time leave one for the owner.
     */
    private static final String CARRIERS = "jdk.virtualThreadScheduler.parallelism";

    private TempostApplication() {}

    /** Runs one command and exits with its code: 0 for done, 1 for failed, 2 for misunderstood. */
    public static void main(String[] args) {
        run(new TempostCommand(), args);
    }

    /**
     * Runs one command of a root command and exits with its code.
     *
     * @param root a class or an object that picocli takes for a command
     */
    public static void run(Object root, String[] args) {
        // before the first virtual thread
        if (System.getProperty(CARRIERS) == null) {
            System.setProperty(CARRIERS, "128");
        }
        System.exit(
                new CommandLine(root).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
    }
}
