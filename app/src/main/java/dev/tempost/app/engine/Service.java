package dev.tempost.app.engine;

import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.ContextClosedEvent;

/** Starts the Spring application that runs the roles. */
public final class Service {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(EngineConfiguration.class)
    static class Application {}

    private Service() {}

    /** With the web server: health, metrics, pages. */
    public static SpringApplicationBuilder withWeb(Map<String, Object> properties, Class<?>... more) {
        return builder(properties, more).web(WebApplicationType.SERVLET);
    }

    /** Without the web server: for a process that ends by itself. */
    public static SpringApplicationBuilder withoutWeb(Map<String, Object> properties) {
        return builder(properties).web(WebApplicationType.NONE);
    }

    /** Waits until the application is stopped from outside. */
    public static void awaitStop(ConfigurableApplicationContext context) throws InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        context.addApplicationListener((ApplicationListener<ContextClosedEvent>) event -> closed.countDown());
        closed.await();
    }

    private static SpringApplicationBuilder builder(Map<String, Object> properties, Class<?>... more) {
        return new SpringApplicationBuilder(Application.class)
                .sources(more)
                .initializers(context -> context.getEnvironment()
                        .getPropertySources()
                        .addFirst(new org.springframework.core.env.MapPropertySource("command", properties)))
                .logStartupInfo(false)
                .registerShutdownHook(true)
                .bannerMode(org.springframework.boot.Banner.Mode.OFF);
    }

    /** Stops an application and everything it started. */
    public static void stop(ConfigurableApplicationContext context) {
        SpringApplication.exit(context);
    }
}
