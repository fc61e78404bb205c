package dev.tempost.peers;

import com.zaxxer.hikari.HikariDataSource;
import dev.dbos.transact.DBOS;
import dev.dbos.transact.config.DBOSConfig;
import dev.dbos.transact.workflow.Queue;
import dev.dbos.transact.workflow.StepOptions;
import dev.dbos.transact.workflow.Workflow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * https://docs.dbos.dev/java: a workflow of one step for each mail, on a queue, enqueued in the application's transaction by the
 * function that DBOS has for that in PostgreSQL.
 */
public final class DbosPeer implements Peer {

    private static final String ENQUEUE = """
        SELECT dbos.enqueue_workflow(
            workflow_name => 'send',
            queue_name => 'mails',
            positional_args => ARRAY[to_json(?::text)],
            class_name => ?,
            priority => ?)
        """;

    /** The workflow. */
    public interface Mails {
        void send(String id) throws Exception;
    }

    /** Its steps. */
    public static class MailsImpl implements Mails {

        private final DBOS dbos;
        private final Mailer mailer;
        private final StepOptions step;

        MailsImpl(DBOS dbos, Mailer mailer, StepOptions step) {
            this.dbos = dbos;
            this.mailer = mailer;
            this.step = step;
        }

        @Override
        @Workflow(name = "send")
        public void send(String id) throws Exception {
            dbos.runStep(() -> mailer.send(id), step);
        }
    }

    private final HikariDataSource pool;
    private final DBOS dbos;

    private DbosPeer(Settings settings) {
        pool = settings.pool();
        boolean tuned = settings.tuned();
        dbos = new DBOS(DBOSConfig.defaults("peer").withDataSource(pool));
        Queue queue = new Queue("mails");
        StepOptions step = new StepOptions("send");
        if (tuned) {
            // "Queues & Concurrency": a limit for each process, priorities, a shorter polling interval than a second;
            // "Steps": retries, since by default there are none
            queue = queue.withWorkerConcurrency(settings.connections())
                    .withPriorityEnabled(true)
                    .withPollingInterval(Duration.ofMillis(100));
            step = step.withMaxAttempts(10);
        }
        dbos.registerQueue(queue);
        dbos.registerProxy(Mails.class, new MailsImpl(dbos, new Mailer(settings), step));
        dbos.launch();
    }

    @Override
    public void commit(List<Mail> mails) throws SQLException {
        try (Connection connection = pool.getConnection();
                PreparedStatement enqueue = connection.prepareStatement(ENQUEUE)) {
            connection.setAutoCommit(false);
            for (Mail mail : mails) {
                enqueue.setString(1, mail.id());
                enqueue.setString(2, MailsImpl.class.getName());
                // the smaller the number, the sooner; without one first of all, so others have one
                enqueue.setInt(3, mail.urgent() ? 1 : 10);
                enqueue.execute();
            }
            connection.commit();
        }
    }

    public static void main(String[] arguments) throws Exception {
        PeerProcess.run(arguments, DbosPeer::new);
    }
}
