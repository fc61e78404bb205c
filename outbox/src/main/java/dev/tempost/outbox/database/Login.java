package dev.tempost.outbox.database;

import java.util.Objects;
import javax.sql.DataSource;

/**
 * Whom PostgreSQL takes us for.
 *
 * @param name the role
 * @param superuser whether it may do everything, in every database of the server
 */
public record Login(String name, boolean superuser) {

    private static final String ASK = "SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user";

    /**
     * Asks PostgreSQL.
     *
     * @throws OutboxUnavailableException when PostgreSQL cannot be reached
     */
    public static Login of(DataSource dataSource) {
        return Objects.requireNonNull(new Database(dataSource)
                .queryOne(
                        "ask who we are", ASK, row -> new Login(row.getString("rolname"), row.getBoolean("rolsuper"))));
    }
}
