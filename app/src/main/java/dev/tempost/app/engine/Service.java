package dev.tempost.app.engine;

import dev.tempost.app.access.OpenConfiguration;
import dev.tempost.app.config.Settings;
import dev.tempost.app.console.ConsoleConfiguration;
import dev.tempost.app.ops.OpsConfiguration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.oauth2.client.autoconfigure.OAuth2ClientAutoConfiguration;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.ContextClosedEvent;

/** Starts the Spring application that runs the roles. */
public final class Service {

    @Configuration(proxyBeanMethods = false)
    // nobody logs in by a password that is made up at the start, and no start waits for an identity provider
    @EnableAutoConfiguration(exclude = {UserDetailsServiceAutoConfiguration.class, OAuth2ClientAutoConfiguration.class})
    @Import({EngineConfiguration.class, HealthConfiguration.class})
    static class Application {}

    private Service() {}

    /** With the web server: health, metrics, pages. */
    public static SpringApplicationBuilder withWeb(Class<?>... more) {
        return builder(more)
                .sources(OpenConfiguration.class, OpsConfiguration.class, ConsoleConfiguration.class)
                .web(WebApplicationType.SERVLET);
    }

    /** Without the web server: for a process that ends by itself. */
    public static SpringApplicationBuilder withoutWeb() {
        return builder().web(WebApplicationType.NONE);
    }

    /** As Spring takes them first, before the environment and {@code application.yaml}. */
    public static String[] arguments(Map<String, ?> properties) {
        return properties.entrySet().stream()
                .map(property -> "--" + property.getKey() + "=" + property.getValue())
                .toArray(String[]::new);
    }

    /**
     * Waits until the application is stopped from outside.
     *
     * @throws RuntimeException when it cannot ever begin: a server says so of its settings, or a role did not start
     */
    public static void awaitStop(ConfigurableApplicationContext context) throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        context.addApplicationListener((ApplicationListener<ContextClosedEvent>) event -> over.countDown());
        Engine engine = context.getBean(Engine.class);
        engine.refused().whenComplete((nothing, refusal) -> over.countDown());
        over.await();
        engine.throwRefusal();
    }

    private static SpringApplicationBuilder builder(Class<?>... more) {
        return new SpringApplicationBuilder(Application.class)
                .sources(more)
                .initializers(context -> Settings.prepare(context.getEnvironment()))
                .logStartupInfo(false)
                .bannerMode(Banner.Mode.OFF);
    }
}
