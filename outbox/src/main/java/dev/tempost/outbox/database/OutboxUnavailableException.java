package dev.tempost.outbox.database;

import java.sql.SQLException;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** PostgreSQL could not be asked, or did not answer. Whether a statement took effect is unknown. */
public final class OutboxUnavailableException extends RuntimeException {

    public OutboxUnavailableException(String what, SQLException cause) {
        super("could not " + what + ": " + withoutDetail(cause), cause);
    }

    /** Whether another transaction held a lock for too long: nothing happened. */
    public boolean lockedByOthers() {
        return getCause() instanceof SQLException failure && "55P03".equals(failure.getSQLState());
    }

    /** PostgreSQL's detail quotes rows, and this message reaches Temporal: personal data does not. */
    private static String withoutDetail(SQLException cause) {
        ServerErrorMessage server = cause instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
        return server == null
                ? String.valueOf(cause.getMessage())
                : server.getMessage() + " (" + server.getSQLState() + ")";
    }
}
