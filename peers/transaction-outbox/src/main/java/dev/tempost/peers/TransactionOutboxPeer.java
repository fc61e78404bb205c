package dev.tempost.peers;

import com.gruelbox.transactionoutbox.Dialect;
import com.gruelbox.transactionoutbox.Instantiator;
import com.gruelbox.transactionoutbox.Persistor;
import com.gruelbox.transactionoutbox.Submitter;
import com.gruelbox.transactionoutbox.TransactionManager;
import com.gruelbox.transactionoutbox.TransactionOutbox;
import jakarta.mail.MessagingException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * https://github.com/gruelbox/transaction-outbox: a call in the application's transaction, made after its commit by a thread of
 * the same process, or by a later flush. It knows no priorities.
 */
public final class TransactionOutboxPeer implements Peer {

    /** What the outbox calls. */
    public interface Sender {
        void send(String id) throws MessagingException;
    }

    private final TransactionManager transactions;
    private final TransactionOutbox outbox;

    private TransactionOutboxPeer(Settings settings) {
        transactions = TransactionManager.fromDataSource(settings.pool());
        Sender sender = new Mailer(settings)::send;
        var builder = TransactionOutbox.builder()
                .transactionManager(transactions)
                .persistor(Persistor.forDialect(Dialect.POSTGRESQL_9))
                .instantiator(Instantiator.using(type -> sender));
        if (settings.tuned()) {
            // README, "Configuration reference": an executor of one's own, more attempts, and a frequency. The queue is
            // as
            // long as that of the default executor, which has one thread
            builder.submitter(Submitter.withExecutor(new ThreadPoolExecutor(
                            settings.connections(),
                            settings.connections(),
                            0,
                            TimeUnit.SECONDS,
                            new ArrayBlockingQueue<>(16_384))))
                    .attemptFrequency(Duration.ofSeconds(30))
                    .blockAfterAttempts(10);
        }
        outbox = builder.build();
        // README, "Set up the background worker": once a minute
        long pauseMillis = settings.tuned() ? 10_000 : 60_000;
        Thread flusher = new Thread(() -> flush(pauseMillis), "flusher");
        flusher.setDaemon(true);
        flusher.start();
    }

    private void flush(long pauseMillis) {
        while (true) {
            try {
                while (outbox.flush()) {}
            } catch (Exception e) {
                e.printStackTrace();
            }
            try {
                Thread.sleep(pauseMillis);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    @Override
    public void commit(List<Mail> mails) {
        transactions.inTransaction(() -> mails.forEach(mail -> {
            try {
                outbox.schedule(Sender.class).send(mail.id());
            } catch (MessagingException e) {
                throw new IllegalStateException(e);
            }
        }));
    }

    public static void main(String[] arguments) throws Exception {
        PeerProcess.run(arguments, TransactionOutboxPeer::new);
    }
}
