package dev.tempost.outbox.access;

import dev.tempost.outbox.database.Database;
import javax.sql.DataSource;

/** What was answered to requests that carried a key of their own, so that one that comes twice does its work once. */
public final class Answers {

    /** What is known of a request. */
    public sealed interface Known {

        /** Nothing: it is the caller's to do. */
        record New() implements Known {}

        /** It was done, and answered so. */
        record Answered(int status, String body) implements Known {}

        /** It is being done, or was when its process died. */
        record Unanswered() implements Known {}

        /** The key belongs to another request. */
        record OfAnother() implements Known {}
    }

    private final Database database;

    public Answers(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** Takes a request to do, unless it is known. */
    public Known take(String actor, String key, String request) {
        byte[] hash = Tokens.hash(request);
        if (database.update(
                        "take a request",
                        "INSERT INTO tempost.answered (actor, key, request) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                        actor,
                        key,
                        hash)
                == 1) {
            return new Known.New();
        }
        Known known = database.queryOne(
                "look an answer up",
                "SELECT request = ?, status, body FROM tempost.answered WHERE actor = ? AND key = ?",
                row -> {
                    if (!row.getBoolean(1)) {
                        return new Known.OfAnother();
                    }
                    String body = row.getString("body");
                    return body == null ? new Known.Unanswered() : new Known.Answered(row.getInt("status"), body);
                },
                hash,
                actor,
                key);
        // given back between the two statements: as good as unanswered
        return known == null ? new Known.Unanswered() : known;
    }

    /** Keeps an answer for a day. */
    public void answered(String actor, String key, int status, String body) {
        database.update(
                "keep an answer",
                "UPDATE tempost.answered SET status = ?, body = ? WHERE actor = ? AND key = ?",
                status,
                body,
                actor,
                key);
    }

    /** Gives a request back that did nothing: the same may come again. */
    public void untaken(String actor, String key) {
        database.update("give a request back", "DELETE FROM tempost.answered WHERE actor = ? AND key = ?", actor, key);
    }
}
