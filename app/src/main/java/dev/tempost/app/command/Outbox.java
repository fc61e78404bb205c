package dev.tempost.app.command;

import dev.tempost.app.config.DatabaseUrl;
import dev.tempost.app.config.KnownSettings;
import dev.tempost.app.config.OutsideThePool;
import java.util.function.ToIntFunction;
import javax.sql.DataSource;
import org.slf4j.helpers.NOP_FallbackServiceProvider;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.boot.support.SpringApplicationJsonEnvironmentPostProcessor;
import org.springframework.core.env.StandardEnvironment;

/**
 * Opens the configured PostgreSQL for one operator's command. The settings come from where Spring finds them, without the
 * application that Spring would build: that takes seconds, and a command wants one connection.
 */
final class Outbox {

    private Outbox() {}

    /** Runs a command; returns its exit code. */
    static int with(ToIntFunction<DataSource> command) {
        // a command says everything itself; setting up a log that stays empty takes a fifth of its time
        System.setProperty("slf4j.provider", NOP_FallbackServiceProvider.class.getName());
        System.setProperty("slf4j.internal.verbosity", "WARN");
        return command.applyAsInt(OutsideThePool.impatient(settings(), "tempost"));
    }

    /**
     * {@code spring.datasource.*}, as the service would read it here.
     *
     * @throws IllegalArgumentException when something under {@code tempost} has a name that means nothing
     */
    static DataSourceProperties settings() {
        StandardEnvironment environment = new StandardEnvironment();
        if (environment.containsProperty("SPRING_APPLICATION_JSON")) {
            new SpringApplicationJsonEnvironmentPostProcessor()
                    .postProcessEnvironment(environment, new SpringApplication());
        }
        ConfigDataEnvironmentPostProcessor.applyTo(environment);
        KnownSettings.requireIn(environment);
        DatabaseUrl.completeIn(environment);
        return Binder.get(environment).bindOrCreate("spring.datasource", DataSourceProperties.class);
    }
}
