package dev.tempost.outbox.backfill;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which columns of the outbox a backfill's query has. */
final class BackfillColumns {

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

    /** Behind everything that is sent because something happens now. */
    private static final String PRIORITY = "5";

    private final List<String> names;

    private BackfillColumns(List<String> names) {
        this.names = names;
    }

    /**
     * Looks at the query's columns.
     *
     * @throws BackfillRefusedException when the key is not among them, the recipient is missing, or one is none of the outbox's
     */
    static BackfillColumns of(Connection connection, Backfill backfill) throws SQLException {
        Set<String> columns = columns(connection, backfill);
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
        return new BackfillColumns(
                TYPES.keySet().stream().filter(columns::contains).toList());
    }

    private static Set<String> columns(Connection connection, Backfill backfill) throws SQLException {
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
        return columns;
    }

    /** Without the key, unless it is one of the outbox's. */
    List<String> names() {
        return names;
    }

    boolean contains(String name) {
        return names.contains(name);
    }

    /** The value of a column in a row {@code q} of the query, as the outbox takes it. */
    static String value(String name) {
        return "q." + name + "::" + TYPES.get(name);
    }

    /** The call of {@code tempost.enqueue} that a row {@code q} of the query becomes. */
    String enqueue(Connection connection, String eventType) throws SQLException {
        List<String> arguments = new ArrayList<>();
        arguments.add("event_type => " + BackfillQuery.literal(connection, eventType));
        names.forEach(name -> arguments.add(name + " => " + value(name)));
        if (!contains("priority")) {
            arguments.add("priority => " + PRIORITY);
        }
        return "tempost.enqueue(" + String.join(", ", arguments) + ")";
    }
}
