package dev.tempost.app.command;

import dev.tempost.outbox.database.OutboxUnavailableException;
import java.util.Map;
import java.util.function.ToIntFunction;
import javax.sql.DataSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** Opens the configured PostgreSQL for one operator's command, and nothing else. */
final class Outbox {

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(DataSourceAutoConfiguration.class)
    static class OnlyPostgres {}

    private Outbox() {}

    /** Runs a command; returns its exit code, or 1 with a sentence on standard error when PostgreSQL does not answer. */
    static int with(ToIntFunction<DataSource> command) {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(OnlyPostgres.class)
                .web(WebApplicationType.NONE)
                .logStartupInfo(false)
                .bannerMode(org.springframework.boot.Banner.Mode.OFF)
                // closed here, after the command: not under its hands
                .registerShutdownHook(false)
                .properties(Map.of("spring.datasource.hikari.minimum-idle", "1"))
                .run()) {
            return command.applyAsInt(context.getBean(DataSource.class));
        } catch (OutboxUnavailableException e) {
            System.err.println(e.getMessage());
            System.err.println("Set SPRING_DATASOURCE_URL, SPRING_DATASOURCE_USERNAME and SPRING_DATASOURCE_PASSWORD.");
            return 1;
        }
    }
}
