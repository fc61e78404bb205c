package dev.tempost.demo.bench.peers;

import java.time.Instant;
import java.util.Map;
import java.util.Set;

/** One of those that are measured: a process that delivers, on a database of its own. */
interface Contender extends AutoCloseable {

    /**
     * Rows to commit.
     *
     * @param prefix of their ids, which are numbered from 0
     * @param batch how many in a transaction
     * @param everyMillis how long from one transaction's begin to the next; 0 for no pause
     * @param urgent whether they go before others, where the library can do that
     */
    record Rows(String prefix, int count, int batch, long everyMillis, boolean urgent) {

        /** As fast as they go. */
        static Rows atOnce(String prefix, int count) {
            return new Rows(prefix, count, 100, 0, false);
        }
    }

    interface Starter {
        /** A contender that delivers, on the database of that name, which is not there yet. */
        Contender start(String database) throws Exception;
    }

    /** Commits rows, and tells when the transaction of each began, by id. */
    Map<String, Instant> insert(Rows rows) throws Exception;

    /** As {@code kill -9} does. */
    void kill() throws Exception;

    /** Starts it anew on the same database, and waits until it delivers. */
    void restart() throws Exception;

    /** The process that delivers. */
    long pid();

    /** How many of these mails, which came twice, it has not recorded as perhaps sent twice. */
    long unflagged(Set<String> doubled) throws Exception;

    @Override
    void close();
}
