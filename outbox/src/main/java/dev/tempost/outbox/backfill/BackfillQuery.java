package dev.tempost.outbox.backfill;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** A backfill's query, read page by page in the order of its key, and the calls of {@code tempost.enqueue} it becomes. */
final class BackfillQuery {

    private static final Map<String, String> TYPES = new LinkedHashMap<>();

    static {
        List.of("tenant", "recipient", "shard_key", "object_key", "job_id", "dedup_key")
                .forEach(name -> TYPES.put(name, "text"));
        TYPES.put("payload", "jsonb");
        TYPES.put("headers", "jsonb");
        TYPES.put("priority", "int");
        TYPES.put("deliver_after", "timestamptz");
        TYPES.put("expires_at", "timestamptz");
    }

    /**
     * Rows that were enqueued.
     *
     * @param ids theirs, or those of older rows with the same dedup_key
     * @param lastKey the key of the last of them; null when there are none
     */
    record Page(List<Long> ids, @Nullable String lastKey) {}

    static final String NULL_VALUE = "23502";

    private static final Pattern PLAN_ROWS = Pattern.compile("\"Plan Rows\":\\s*(\\d+)");

    /** Behind everything that is sent because something happens now. */
    private static final String PRIORITY = "5";

    private final Backfill backfill;
    private final String key;
    private final String enqueue;
    private final String lacksRecipient;
    private final List<String> columns;

    private BackfillQuery(Connection connection, Backfill backfill, Set<String> columns) throws SQLException {
        this.backfill = backfill;
        this.key = "q." + connection.unwrap(PGConnection.class).escapeIdentifier(backfill.key());
        List<String> arguments = new ArrayList<>();
        arguments.add("event_type => " + literal(connection, backfill.eventType()));
        TYPES.forEach((name, type) -> {
            if (columns.contains(name)) {
                arguments.add(name + " => q." + name + "::" + type);
            }
        });
        if (!columns.contains("priority")) {
            arguments.add("priority => " + PRIORITY);
        }
        this.enqueue = "tempost.enqueue(" + String.join(", ", arguments) + ")";
        this.lacksRecipient = backfill.recipientRequired() ? "q.recipient IS NULL" : "false";
        this.columns = TYPES.keySet().stream().filter(columns::contains).toList();
    }

    /**
     * Looks at the query's columns.
     *
     * @throws BackfillRefusedException when the key is not among them, the recipient is missing, or one is none of the outbox's
     */
    static BackfillQuery of(Connection connection, Backfill backfill) throws SQLException {
        Set<String> columns = new LinkedHashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT * FROM (\n" + backfill.query() + "\n) q LIMIT 0")) {
            ResultSetMetaData all = rows.getMetaData();
            for (int i = 1; i <= all.getColumnCount(); i++) {
                if (!columns.add(all.getColumnLabel(i))) {
                    throw new BackfillRefusedException(
                            backfill,
                            "the query has two columns " + all.getColumnLabel(i) + ": name one of them otherwise");
                }
            }
        }
        if (!columns.contains(backfill.key())) {
            throw new BackfillRefusedException(
                    backfill,
                    "the query has no column " + backfill.key()
                            + " to go on from: select it, or name another unique column with --key");
        }
        String unknown = columns.stream()
                .filter(name -> !TYPES.containsKey(name) && !name.equals(backfill.key()))
                .collect(Collectors.joining(", "));
        if (!unknown.isEmpty()) {
            throw new BackfillRefusedException(
                    backfill,
                    "the query has columns that the outbox has not: " + unknown + ". Rename them to one of "
                            + String.join(", ", TYPES.keySet())
                            + ", put them into the payload (jsonb_build_object), or leave them out");
        }
        if (backfill.recipientRequired() && !columns.contains("recipient")) {
            throw new BackfillRefusedException(
                    backfill,
                    "the query has no column recipient: select it, or say --without-recipient where the payload decides");
        }
        return new BackfillQuery(connection, backfill, columns);
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
    Page enqueue(Connection connection, @Nullable String after, int limit) throws SQLException {
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
                                    "SELECT count(*) FROM (SELECT FROM (\n" + backfill.query() + "\n) q WHERE " + key
                                            + " = " + literal(connection, last) + " LIMIT 2) same")
                            == 1,
                    last);
        }
        return new Page(ids, last);
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
        long without = number(
                connection,
                "SELECT count(*) FROM (SELECT FROM (\n" + backfill.query() + "\n) q WHERE " + key
                        + " IS NULL LIMIT 1) w");
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
        for (String column : columns) {
            Savepoint before = connection.setSavepoint();
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT q." + column + "::" + TYPES.get(column) + " FROM (\n" + backfill.query()
                        + "\n) q WHERE " + key + " = " + literal(connection, value));
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
                ResultSet plan = statement.executeQuery("EXPLAIN (FORMAT JSON) SELECT FROM (\n" + backfill.query()
                        + "\n) q" + where(connection, after))) {
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
        return "SELECT " + what + " FROM (\n" + backfill.query() + "\n) q" + where(connection, after) + " ORDER BY "
                + key + " LIMIT " + limit;
    }

    // without a cast: an untyped literal takes the key's own type
    private String where(Connection connection, @Nullable String after) throws SQLException {
        return " WHERE " + key + (after == null ? " IS NOT NULL" : " > " + literal(connection, after));
    }

    static String literal(Connection connection, String value) throws SQLException {
        return "'" + connection.unwrap(PGConnection.class).escapeLiteral(value) + "'";
    }
}
