package dev.tempost.peers;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The process of a peer, which obeys lines on its standard input: {@code insert PREFIX COUNT BATCH EVERY_MILLIS URGENT}
 * commits that many rows, so many in a transaction, and answers {@code COMMITTED ID MICROS} for each, with the time at which
 * its transaction began, and {@code DONE}. At the end of the input it ends.
 */
public final class PeerProcess {

    private final Peer peer;
    private final PrintStream out;

    private PeerProcess(Peer peer, PrintStream out) {
        this.peer = peer;
        this.out = out;
    }

    /** @param arguments JDBC URL, SMTP port, {@code default} or {@code tuned}, connections */
    public static void run(String[] arguments, Peer.Starter starter) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
        // what libraries print is no answer
        System.setOut(System.err);
        new PeerProcess(starter.start(Settings.parse(arguments)), out).obey();
        // libraries would wait for what is under way
        Runtime.getRuntime().halt(0);
    }

    private void obey() throws Exception {
        out.println("READY");
        out.flush();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            insert(
                    words[1],
                    Integer.parseInt(words[2]),
                    Integer.parseInt(words[3]),
                    Long.parseLong(words[4]),
                    Boolean.parseBoolean(words[5]));
        }
    }

    private void insert(String prefix, int count, int batch, long everyMillis, boolean urgent) throws Exception {
        long next = System.nanoTime();
        for (int from = 0; from < count; from += batch) {
            List<Mail> mails = new ArrayList<>();
            for (int i = from; i < Math.min(count, from + batch); i++) {
                mails.add(new Mail(prefix + i, urgent));
            }
            long micros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
            peer.commit(mails);
            mails.forEach(mail -> out.println("COMMITTED " + mail.id() + " " + micros));
            next += everyMillis * 1_000_000;
            LockSupport.parkNanos(next - System.nanoTime());
        }
        out.println("DONE");
        out.flush();
    }
}
