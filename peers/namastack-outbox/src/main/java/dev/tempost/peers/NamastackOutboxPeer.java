package dev.tempost.peers;

import io.namastack.outbox.Outbox;
import io.namastack.outbox.annotation.OutboxHandler;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * https://outbox.namastack.io: a record for each mail in the application's transaction, with a key of its own, since no mail
 * waits for another. It knows no priorities.
 */
public final class NamastackOutboxPeer implements Peer {

    /** What a record holds. */
    public record MailEvent(String id) {}

    /** The handler that the quickstart shows. */
    public static class Handler {

        private final Mailer mailer;

        Handler(Mailer mailer) {
            this.mailer = mailer;
        }

        @OutboxHandler
        public void handle(MailEvent event) throws Exception {
            mailer.send(event.id());
        }
    }

    @SpringBootApplication
    static class Application {

        @Bean
        Handler handler(Settings settings) {
            return new Handler(new Mailer(settings));
        }
    }

    private final Outbox outbox;
    private final TransactionTemplate transaction;

    private NamastackOutboxPeer(Settings settings) {
        ConfigurableApplicationContext application = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .initializers(context -> context.getBeanFactory().registerSingleton("settings", settings))
                .run(properties(settings).toArray(String[]::new));
        outbox = application.getBean(Outbox.class);
        transaction = new TransactionTemplate(application.getBean(PlatformTransactionManager.class));
    }

    private static List<String> properties(Settings settings) {
        List<String> properties = new ArrayList<>(List.of(
                "--spring.datasource.url=" + settings.jdbcUrl(),
                "--spring.datasource.username=postgres",
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn"));
        if (settings.tuned()) {
            properties.addAll(List.of(
                    "--spring.datasource.hikari.maximum-pool-size=" + settings.poolSize(),
                    // "Performance Tuning": batches of 800, polls each 25 to 100 ms, virtual threads with a limit
                    "--namastack.outbox.polling.batch-size=800",
                    "--namastack.outbox.polling.fixed.interval=100ms",
                    "--spring.threads.virtual.enabled=true",
                    "--namastack.outbox.processing.executor-concurrency-limit=" + settings.connections(),
                    // "Retry": three retries are over after 14 s
                    "--namastack.outbox.retry.max-retries=10"));
        }
        return properties;
    }

    @Override
    public void commit(List<Mail> mails) {
        transaction.executeWithoutResult(
                status -> mails.forEach(mail -> outbox.schedule(new MailEvent(mail.id()), mail.id())));
    }

    public static void main(String[] arguments) throws Exception {
        PeerProcess.run(arguments, NamastackOutboxPeer::new);
    }
}
