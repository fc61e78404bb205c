package dev.tempost.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The club whose outbox nobody polled: 33 signed contracts, 10 welcome mails, two weeks of silence. */
final class DemoScenario {

    /** Rows whose credentials had expired. */
    static final List<Long> FAILED = List.of(11L, 12L);
    /** The row that names a team that does not exist. */
    static final long STALE = 13;

    private static final long CORRECTED_TEAM = 5;
    private static final long LAST_DELIVERED_BEFORE = 10;

    private final DataSource dataSource;

    DemoScenario(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** Takes the club's own table over, as it was left, and corrects the stale row before anything can be sent. */
    void takeOver() {
        run("legacy.sql");
        run("takeover.sql", "correct-row-13.sql");
    }

    /** What every mail that is still owed must say, by the address it goes to. */
    Map<String, Expected> owed() {
        Properties teams = teams();
        Map<String, Expected> owed = new LinkedHashMap<>();
        query(
                "SELECT id, payload ->> 'email' AS email, payload ->> 'player' AS player,"
                        + " (payload ->> 'team_id')::bigint AS team FROM club.outbox_events WHERE id > "
                        + LAST_DELIVERED_BEFORE + " ORDER BY id",
                row -> {
                    long team = row.getLong("id") == STALE ? CORRECTED_TEAM : row.getLong("team");
                    String name = teams.getProperty("team." + team + ".name");
                    owed.put(
                            row.getString("email"),
                            new Expected(
                                    row.getString("player"),
                                    name == null ? teams.getProperty("club.name") : name,
                                    teams.getProperty("team." + team + ".chat")));
                });
        return owed;
    }

    /** The address of one row, to make its mail server busy. */
    String addressOf(long id) {
        List<String> found = new ArrayList<>();
        query(
                "SELECT payload ->> 'email' FROM club.outbox_events WHERE id = " + id,
                row -> found.add(row.getString(1)));
        return found.getFirst();
    }

    /**
     * What a mail must say.
     *
     * @param player whose contract it is
     * @param team the team's name
     * @param chat the team's invite link; null when there is none
     */
    record Expected(String player, String team, @Nullable String chat) {

        /** What is wrong with a mail; null when nothing is. */
        @Nullable
        String complaint(ReceivedMail mail) {
            for (String part : List.of(String.valueOf(mail.text()), String.valueOf(mail.html()))) {
                String plain = part.replace("&amp;", "&").replace("&#39;", "'");
                if (!plain.contains(player)) {
                    return "does not name " + player;
                }
                if (!plain.contains(team)) {
                    return "does not name team " + team;
                }
                if (chat == null ? plain.contains("/join/") : !plain.contains(chat)) {
                    return chat == null ? "has an invite link" : "lacks the link " + chat;
                }
            }
            return null;
        }
    }

    private interface Reader {
        void read(ResultSet row) throws SQLException;
    }

    private void query(String sql, Reader reader) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                reader.read(rows);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the story could not be read", e);
        }
    }

    private void run(String... scripts) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String script : scripts) {
                statement.execute(new String(resource("/demo/" + script), StandardCharsets.UTF_8));
            }
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException("the story could not be told", e);
        }
    }

    private static Properties teams() {
        Properties teams = new Properties();
        try {
            teams.load(new java.io.StringReader(
                    new String(resource("/demo/templates/contract_signed/body.properties"), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return teams;
    }

    static byte[] resource(String name) {
        try (InputStream content = DemoScenario.class.getResourceAsStream(name)) {
            if (content == null) {
                throw new IllegalStateException(name + " is missing from the jar");
            }
            return content.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
