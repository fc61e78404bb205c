package dev.tempost.app;

import dev.tempost.app.command.ExitCode;
import dev.tempost.app.command.PlainErrors;
import dev.tempost.app.command.TempostCommand;
import dev.tempost.app.config.KnownSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** Where it starts. */
public final class TempostApplication {

    /**
     * A virtual thread keeps its carrier while it loads a class, and the class loader of the built jar locks. With as many
     * carriers as processors, few that is, all of them may wait for a lock whose owner waits for a carrier, for ever. More
     * carriers than sends, starts and workflow tasks that load classes at the same time leave one for the owner.
     */
    private static final String CARRIERS = "jdk.virtualThreadScheduler.parallelism";

    private static final Pattern SETTING =
            Pattern.compile("--((?:tempost|spring|server|management|logging)[.][^=]+)=(.*)", Pattern.DOTALL);

    private TempostApplication() {}

    /** Runs one command and exits with its code, which {@code --help} explains. */
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
        try {
            System.exit(commandLine(root).execute(withoutSettings(args)));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(ExitCode.SETTING);
        }
    }

    /** How every command is read and its failures are told. */
    public static CommandLine commandLine(Object root) {
        return new CommandLine(root)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(new PlainErrors());
    }

    /** Settings may stand anywhere among the arguments, and go before all others, as in any application of Spring's. */
    private static String[] withoutSettings(String[] args) {
        List<String> others = new ArrayList<>();
        for (String arg : args) {
            Matcher setting = SETTING.matcher(arg);
            if (setting.matches()) {
                if (setting.group(1).startsWith("tempost.")) {
                    KnownSettings.require(setting.group(1), " (command line)");
                }
                System.setProperty(setting.group(1), setting.group(2));
            } else {
                others.add(arg);
            }
        }
        return others.toArray(String[]::new);
    }
}
