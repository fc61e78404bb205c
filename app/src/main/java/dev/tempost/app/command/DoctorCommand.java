package dev.tempost.app.command;

import dev.tempost.app.config.Settings;
import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.doctor.Doctor;
import dev.tempost.app.doctor.Finding;
import dev.tempost.app.doctor.TestSend;
import dev.tempost.app.failure.Explanation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Examines everything Tempost needs, changes nothing, and says what to do. */
@Command(
        name = "doctor",
        description = {
            "Examines configuration, PostgreSQL, Temporal, mail servers and rows. Changes nothing, and says what to do."
                    + " With --send-test, it sends a mail.",
            "Exits with 2 when the configuration is wrong or missing, with 3 when PostgreSQL or Temporal does not answer,"
                    + " with 1 when there is another problem."
        },
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

    /** As the service is configured, without its roles. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EnableConfigurationProperties({TempostProperties.class, SpringMail.class})
    static class Configured {}

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--send-test",
            paramLabel = "ADDRESS",
            description = "Sends a small mail to this address through each mail provider that some event type goes"
                    + " through, and says how far it came.")
    private @Nullable String recipient;

    @Option(names = "--provider", paramLabel = "NAME", description = "Sends it through this mail provider alone.")
    private @Nullable String provider;

    private final List<Finding> found = new ArrayList<>();

    @Override
    public Integer call() {
        if (provider != null && recipient == null) {
            throw new ParameterException(spec.commandLine(), "--provider says through what --send-test goes: add it");
        }
        TestSend test = recipient == null ? null : new TestSend(recipient, provider);
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Configured.class)
                .web(WebApplicationType.NONE)
                .logStartupInfo(false)
                .bannerMode(Banner.Mode.OFF)
                // the service's own health indicators are not here
                .properties(Map.of("management.endpoint.health.validate-group-membership", "false"))
                .initializers(before -> Settings.prepare(before.getEnvironment()))
                .run()) {
            new Doctor(context, this::say).examine(test);
        } catch (RuntimeException e) {
            Explanation explanation = Explanation.of(e);
            if (explanation == null) {
                throw e;
            }
            say(new Finding(
                    Finding.Level.PROBLEM,
                    "configuration",
                    explanation.text(),
                    "nothing else was examined; docs/configuration.md has every property"));
        }
        int unset = count(Finding.Level.UNSET);
        System.out.println(count(Finding.Level.PROBLEM) + " problems, " + count(Finding.Level.WARN) + " warnings"
                + (unset == 0 ? "" : ", " + unset + " not set"));
        return exitCode();
    }

    private void say(Finding finding) {
        found.add(finding);
        System.out.println(finding.text());
    }

    private int count(Finding.Level level) {
        return (int) found.stream().filter(finding -> finding.level() == level).count();
    }

    /** What has to be mended first decides. */
    private int exitCode() {
        Set<String> problems = found.stream()
                .filter(finding -> finding.level() == Finding.Level.PROBLEM)
                .map(Finding::subject)
                .collect(Collectors.toSet());
        if (problems.contains("configuration")) {
            return ExitCode.SETTING;
        }
        if (problems.contains("postgresql") || problems.contains("temporal")) {
            return ExitCode.SERVER;
        }
        if (!problems.isEmpty()) {
            return ExitCode.REFUSED;
        }
        return count(Finding.Level.UNSET) == 0 ? ExitCode.DONE : ExitCode.SETTING;
    }
}
