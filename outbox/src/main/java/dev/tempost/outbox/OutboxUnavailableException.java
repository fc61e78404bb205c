package dev.tempost.outbox;

import java.sql.SQLException;

/** PostgreSQL could not be asked, or did not answer. Whether a statement took effect is unknown. */
public final class OutboxUnavailableException extends RuntimeException {

    private final String sqlState;

    OutboxUnavailableException(String what, SQLException cause) {
        super("could not " + what + ": " + cause.getMessage(), cause);
        this.sqlState = cause.getSQLState() == null ? "" : cause.getSQLState();
    }

    /** PostgreSQL's SQLSTATE; empty where the driver gave none. */
    public String sqlState() {
        return sqlState;
    }
}
