package dev.tempost.peers;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.TaskDescriptor;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionTemplate;

/** https://github.com/kagkarlsson/db-scheduler: a one-time task for each mail, scheduled in the application's transaction. */
public final class DbSchedulerPeer implements Peer {

    private static final TaskDescriptor<Mail> MAIL = TaskDescriptor.of("mail", Mail.class);

    private final TransactionTemplate transaction;
    private final Scheduler scheduler;
    private final boolean tuned;

    private DbSchedulerPeer(Settings settings) throws Exception {
        tuned = settings.tuned();
        HikariDataSource pool = settings.pool();
        try (var script = DbSchedulerPeer.class.getResourceAsStream("/postgresql_tables.sql")) {
            new JdbcTemplate(pool).execute(new String(script.readAllBytes(), StandardCharsets.UTF_8));
        }
        // README, "Transactionally staged job": the Spring Boot starter wraps the data source like this
        DataSource transactional = new TransactionAwareDataSourceProxy(pool);
        transaction = new TransactionTemplate(new DataSourceTransactionManager(pool));
        Mailer mailer = new Mailer(settings);
        var task = Tasks.oneTime(MAIL);
        if (tuned) {
            // README, "More examples": exponential backoff instead of five minutes
            task.onFailure(new FailureHandler.ExponentialBackoffFailureHandler<>(Duration.ofSeconds(1)));
        }
        OneTimeTask<Mail> send = task.execute((instance, context) -> {
            try {
                mailer.send(instance.getData().id());
            } catch (jakarta.mail.MessagingException e) {
                throw new IllegalStateException(e);
            }
        });
        SchedulerBuilder builder = Scheduler.create(transactional, send);
        if (tuned) {
            // README, "Consider tuning" and "Polling strategy": for high throughput lock-and-fetch with 1.0, 4.0;
            // docs/performance.md: 50 threads. Priorities are opt-in. Six heartbeats missed, and a process is dead
            builder.threads(settings.connections())
                    .pollUsingLockAndFetch(1.0, 4.0)
                    .pollingInterval(Duration.ofSeconds(1))
                    .heartbeatInterval(Duration.ofSeconds(10))
                    .enablePriority();
        }
        scheduler = builder.build();
        scheduler.start();
    }

    @Override
    public void commit(List<Mail> mails) {
        transaction.executeWithoutResult(status -> mails.forEach(this::schedule));
        if (tuned) {
            // README, "enableImmediateExecution": within a transaction the hint may come too early
            scheduler.triggerCheckForDueExecutions();
        }
    }

    private void schedule(Mail mail) {
        var instance = MAIL.instance(mail.id()).data(mail);
        if (mail.urgent()) {
            instance.priority(100);
        }
        scheduler.schedule(instance.scheduledTo(Instant.now()));
    }

    public static void main(String[] arguments) throws Exception {
        PeerProcess.run(arguments, DbSchedulerPeer::new);
    }
}
