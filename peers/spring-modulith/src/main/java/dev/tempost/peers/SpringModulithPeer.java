package dev.tempost.peers;

import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.modulith.events.ApplicationModuleListener;
import org.springframework.modulith.events.FailedEventPublications;
import org.springframework.modulith.events.ResubmissionOptions;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * https://docs.spring.io/spring-modulith/reference/events.html: an event in the application's transaction, whose listener runs
 * after its commit in a thread of the same process. It knows no priorities.
 */
public final class SpringModulithPeer implements Peer {

    /** What the registry keeps. */
    public record MailEvent(String id) {}

    /** The listener that "Application Module Listener" shows. */
    public static class Listener {

        private final Mailer mailer;

        Listener(Mailer mailer) {
            this.mailer = mailer;
        }

        @ApplicationModuleListener
        public void on(MailEvent event) throws Exception {
            mailer.send(event.id());
        }
    }

    /** "Failed publications and resubmission" gives the means; when they are used is left to the application. */
    public static class Resubmission {

        private final FailedEventPublications failed;
        private final boolean tuned;

        Resubmission(FailedEventPublications failed, boolean tuned) {
            this.failed = failed;
            this.tuned = tuned;
        }

        @Scheduled(fixedDelay = 10_000)
        public void resubmit() {
            if (tuned) {
                failed.resubmit(ResubmissionOptions.defaults().withBatchSize(1000));
            }
        }
    }

    @SpringBootApplication
    @EnableScheduling
    static class Application {

        @Bean
        Listener listener(Settings settings) {
            return new Listener(new Mailer(settings));
        }

        @Bean
        Resubmission resubmission(FailedEventPublications failed, Settings settings) {
            return new Resubmission(failed, settings.tuned());
        }
    }

    private final ConfigurableApplicationContext application;
    private final TransactionTemplate transaction;

    private SpringModulithPeer(Settings settings) {
        application = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .initializers(context -> context.getBeanFactory().registerSingleton("settings", settings))
                .run(properties(settings).toArray(String[]::new));
        transaction = new TransactionTemplate(application.getBean(PlatformTransactionManager.class));
    }

    private static List<String> properties(Settings settings) {
        List<String> properties = new ArrayList<>(List.of(
                "--spring.datasource.url=" + settings.jdbcUrl(),
                "--spring.datasource.username=postgres",
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn",
                // "The Event Publication Registry": without it nothing is delivered that a killed process has left
                "--spring.modulith.events.republish-outstanding-events-on-restart=true"));
        if (settings.tuned()) {
            properties.addAll(List.of(
                    "--spring.datasource.hikari.maximum-pool-size=" + settings.poolSize(),
                    // Spring Boot, "Task Execution and Scheduling": listeners run in its executor of eight threads
                    "--spring.task.execution.pool.core-size=" + settings.connections(),
                    // "Event Publication Completion": otherwise the table grows and slows down
                    "--spring.modulith.events.completion-mode=delete"));
        }
        return properties;
    }

    @Override
    public void commit(List<Mail> mails) {
        transaction.executeWithoutResult(
                status -> mails.forEach(mail -> application.publishEvent(new MailEvent(mail.id()))));
    }

    public static void main(String[] arguments) throws Exception {
        PeerProcess.run(arguments, SpringModulithPeer::new);
    }
}
