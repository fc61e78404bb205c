package dev.tempost.peers;

import static org.jobrunr.server.BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration;

import java.util.List;
import org.jobrunr.configuration.JobRunr;
import org.jobrunr.scheduling.JobScheduler;
import org.jobrunr.server.BackgroundJobServerConfiguration;
import org.jobrunr.server.JobActivator;
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider;

/**
 * https://www.jobrunr.io: a job for each mail. The open-source edition writes over connections of its own, beside the
 * application's transaction, and knows no priorities.
 */
public final class JobrunrPeer implements Peer {

    /** What a job calls. */
    public static class Sender {

        private final Mailer mailer;

        Sender(Mailer mailer) {
            this.mailer = mailer;
        }

        public void send(String id) throws Exception {
            mailer.send(id);
        }
    }

    private final JobScheduler scheduler;

    private JobrunrPeer(Settings settings) {
        Sender sender = new Sender(new Mailer(settings));
        BackgroundJobServerConfiguration server = usingStandardBackgroundJobServerConfiguration();
        if (settings.tuned()) {
            // "Background job server": the shortest poll interval there is; "Virtual Threads": more workers, here as
            // many
            // as mails may be on their way
            server.andPollIntervalInSeconds(5).andWorkerCount(settings.connections());
        }
        scheduler = JobRunr.configure()
                .useJobActivator(new JobActivator() {
                    @Override
                    public <T> T activateJob(Class<T> type) {
                        return type.cast(sender);
                    }
                })
                .useStorageProvider(new PostgresStorageProvider(settings.pool()))
                .useBackgroundJobServer(server)
                .initialize()
                .getJobScheduler();
    }

    @Override
    public void commit(List<Mail> mails) {
        if (mails.size() == 1) {
            String id = mails.get(0).id();
            scheduler.<Sender>enqueue(sender -> sender.send(id));
        } else {
            // "Enqueueing jobs": many at once
            scheduler.<Sender, String>enqueue(mails.stream().map(Mail::id), (sender, id) -> sender.send(id));
        }
    }

    public static void main(String[] arguments) throws Exception {
        PeerProcess.run(arguments, JobrunrPeer::new);
    }
}
