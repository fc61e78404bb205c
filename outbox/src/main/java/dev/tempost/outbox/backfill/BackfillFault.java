package dev.tempost.outbox.backfill;

import java.sql.SQLException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What is wrong with a row that cannot be enqueued: which column, and what it needs. */
final class BackfillFault {

    private static final Pattern CONSTRAINT = Pattern.compile("outbox_(.+?)_(form|range|needs_shard_key)");

    private static final Map<String, String> NEEDS = Map.of(
            "tenant", "1 to 63 of a-z, 0-9, _ and -",
            "recipient", "an address; say --without-recipient where the payload decides",
            "payload", "JSON",
            "headers", "JSON",
            "shard_key", "1 to 255 characters, or null",
            "object_key", "a shard_key beside it, or null",
            "job_id", "1 to 255 characters, or null",
            "dedup_key", "1 to 1000 characters, or null",
            "priority", "1 to 5",
            "event_type", "a letter or digit, then letters, digits, _, . and -, 128 in all");

    private BackfillFault() {}

    /** Whether a value is to blame, and not PostgreSQL's state or the query's form. */
    static boolean isOfARow(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("22") || state.startsWith("23"));
    }

    /** The column that the failure names; null when it names none. */
    static @Nullable String column(SQLException e) {
        ServerErrorMessage server = server(e);
        if (server == null) {
            return BackfillQuery.NULL_VALUE.equals(e.getSQLState()) ? "recipient" : null;
        }
        String constraint = server.getConstraint();
        Matcher named = CONSTRAINT.matcher(constraint == null ? "" : constraint);
        return named.matches() ? named.group(1) : server.getColumn();
    }

    /** One sentence; without PostgreSQL's detail, which quotes the row. */
    static String text(@Nullable String column, SQLException e) {
        ServerErrorMessage server = server(e);
        String says = server == null
                ? String.valueOf(e.getMessage())
                : server.getMessage() + (server.getHint() == null ? "" : " (" + server.getHint() + ")");
        if (column == null) {
            return says + ": correct the query, or the rows it reads";
        }
        String needs = NEEDS.get(column);
        return "column " + column + ": " + says + (needs == null ? "" : "; it needs " + needs)
                + ". Correct the row, or leave it out of the query and say --changed-query; then run it again";
    }

    private static @Nullable ServerErrorMessage server(SQLException e) {
        return e instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
    }
}
