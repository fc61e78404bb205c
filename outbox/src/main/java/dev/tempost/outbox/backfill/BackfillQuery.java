package dev.tempost.outbox.backfill;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** A backfill's query, read page by page in the order of its key, and the calls of {@code tempost.enqueue} it becomes. */
final class BackfillQuery {

    static final String NULL_VALUE = "23502";

    private static final Pattern PLAN_ROWS = Pattern.compile("\"Plan Rows\":\\s*(\\d+)");

    private final Backfill backfill;
    private final String from;
    private final String key;
    private final String enqueue;
    private final String lacksRecipient;
    private final BackfillColumns columns;

    private BackfillQuery(Connection connection, Backfill backfill, BackfillColumns columns) throws SQLException {
        this.backfill = backfill;
        this.from = "FROM (\n" + backfill.query() + "\n) q";
        this.key = "q." + connection.unwrap(PGConnection.class).escapeIdentifier(backfill.key());
        this.enqueue = columns.enqueue(connection, backfill.eventType());
        this.lacksRecipient = backfill.recipientRequired() ? "q.recipient IS NULL" : "false";
        this.columns = columns;
    }

    /** @throws BackfillRefusedException when its columns do not fit */
    static BackfillQuery of(Connection connection, Backfill backfill) throws SQLException {
        return new BackfillQuery(connection, backfill, BackfillColumns.of(connection, backfill));
    }

    /** Whether rows may turn out to be known already. */
    boolean deduplicated() {
        return columns.contains("dedup_key");
    }

    /**
     * Enqueues the rows after a key, in the order of their keys.
     *
     * @param after the key of the last row taken; null before the first
     * @throws BackfillRefusedException when two of them have the same key, or a row beyond them has the last one's
     */
    BackfillPage enqueue(Connection connection, @Nullable String after, int limit) throws SQLException {
        List<Long> ids = new ArrayList<>();
        String last = null;
        String sql = "SELECT " + key + "::text AS key, " + lacksRecipient + " AS lacks_recipient, " + enqueue
                + " AS id FROM (" + page(connection, "*", after, limit) + ") q";
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                if (rows.getBoolean("lacks_recipient")) {
                    throw new SQLException("null value in column \"recipient\"", NULL_VALUE);
                }
                requireUnique(!rows.getString("key").equals(last), last);
                last = rows.getString("key");
                ids.add(rows.getLong("id"));
            }
        }
        if (last != null) {
            requireUnique(
                    number(
                                    connection,
                                    "SELECT count(*) FROM (SELECT " + from + " WHERE " + key + " = "
                                            + literal(connection, last) + " LIMIT 2) same")
                            == 1,
                    last);
        }
        return new BackfillPage(ids, last);
    }

    private void requireUnique(boolean unique, @Nullable String value) {
        if (!unique) {
            throw new BackfillRefusedException(
                    backfill,
                    "two rows have the key " + backfill.key() + " = " + value
                            + ", so one might be left out: name a unique column with --key");
        }
    }

    /** Refuses rows that no page could reach. */
    void requireKeys(Connection connection) throws SQLException {
        long without =
                number(connection, "SELECT count(*) FROM (SELECT " + from + " WHERE " + key + " IS NULL LIMIT 1) w");
        if (without > 0) {
            throw new BackfillRefusedException(
                    backfill,
                    "there are rows whose key " + backfill.key() + " is null: leave them out, or name another column"
                            + " with --key");
        }
    }

    /** The key of the row at a position after a key, from 1; null when there is none. */
    @Nullable
    String keyAt(Connection connection, @Nullable String after, int position) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        page(connection, key + "::text", after, 1) + " OFFSET " + (position - 1))) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    /** The first column whose value in this row cannot be converted; null when all can. */
    @Nullable
    String unreadable(Connection connection, String value) throws SQLException {
        for (String column : columns.names()) {
            Savepoint before = connection.setSavepoint();
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT " + BackfillColumns.value(column) + " " + from + " WHERE " + key + " = "
                        + literal(connection, value));
            } catch (SQLException e) {
                connection.rollback(before);
                return column;
            }
        }
        return null;
    }

    /** How many rows come after a key, as the planner estimates. */
    long estimate(Connection connection, @Nullable String after) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet plan =
                        statement.executeQuery("EXPLAIN (FORMAT JSON) SELECT " + from + where(connection, after))) {
            plan.next();
            Matcher rows = PLAN_ROWS.matcher(plan.getString(1));
            return rows.find() ? Long.parseLong(rows.group(1)) : 0;
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    // by the index on the key's column, where the query lets the planner reach it
    private String page(Connection connection, String what, @Nullable String after, int limit) throws SQLException {
        return "SELECT " + what + " " + from + where(connection, after) + " ORDER BY " + key + " LIMIT " + limit;
    }

    // without a cast: an untyped literal takes the key's own type
    private String where(Connection connection, @Nullable String after) throws SQLException {
        return " WHERE " + key + (after == null ? " IS NOT NULL" : " > " + literal(connection, after));
    }

    static String literal(Connection connection, String value) throws SQLException {
        return "'" + connection.unwrap(PGConnection.class).escapeLiteral(value) + "'";
    }
}
