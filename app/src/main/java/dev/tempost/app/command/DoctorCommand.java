package dev.tempost.app.command;

import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.doctor.Doctor;
import dev.tempost.app.doctor.Finding;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import picocli.CommandLine.Command;

/** Examines everything Tempost needs, changes nothing, and says what to do. */
@Command(
        name = "doctor",
        description =
                "Examines configuration, PostgreSQL, Temporal, mail servers and rows; changes nothing. Exits with 1"
                        + " when there is a problem.",
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

    /** As the service is configured, without its roles. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EnableConfigurationProperties({TempostProperties.class, SpringMail.class})
    static class Configured {}

    private final Map<Finding.Level, Integer> counts = new EnumMap<>(Finding.Level.class);

    @Override
    public Integer call() {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Configured.class)
                .web(WebApplicationType.NONE)
                .logStartupInfo(false)
                .bannerMode(Banner.Mode.OFF)
                // the service's own health indicators are not here
                .properties(Map.of("management.endpoint.health.validate-group-membership", "false"))
                .run()) {
            new Doctor(context, this::say).examine();
        } catch (RuntimeException e) {
            say(new Finding(
                    Finding.Level.PROBLEM,
                    "configuration",
                    rootMessage(e),
                    "nothing else was examined; docs/configuration.md has every property"));
        }
        int problems = counts.getOrDefault(Finding.Level.PROBLEM, 0);
        System.out.println(problems + " problems, " + counts.getOrDefault(Finding.Level.WARN, 0) + " warnings");
        return problems == 0 ? 0 : 1;
    }

    private void say(Finding finding) {
        counts.merge(finding.level(), 1, Integer::sum);
        System.out.println(finding.text());
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
