package dev.tempost.peers;

import com.zaxxer.hikari.HikariDataSource;

/**
 * What a peer is started with.
 *
 * @param jdbcUrl a database of its own
 * @param smtpPort where the sink listens, on loopback
 * @param tuned false for the library's defaults, true for what its documentation advises for many rows
 * @param connections tuned: how many mails may be on their way at a time
 */
public record Settings(String jdbcUrl, int smtpPort, boolean tuned, int connections) {

    static Settings parse(String[] arguments) {
        return new Settings(
                arguments[0],
                Integer.parseInt(arguments[1]),
                arguments[2].equals("tuned"),
                Integer.parseInt(arguments[3]));
    }

    /** HikariCP's default of ten connections; tuned one for each mail on its way, and some for the library itself. */
    public HikariDataSource pool() {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(jdbcUrl);
        pool.setUsername("postgres");
        if (tuned) {
            pool.setMaximumPoolSize(poolSize());
        }
        return pool;
    }

    public int poolSize() {
        return tuned ? connections + 10 : 10;
    }
}
