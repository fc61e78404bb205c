package dev.tempost.outbox.access;

import dev.tempost.outbox.database.Database;
import java.util.Objects;
import javax.sql.DataSource;

/** What encrypts the cookie of whoever is at the identity provider, the same for all replicas. */
public final class LoginKey {

    private final Database database;

    public LoginKey(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** 32 random bytes. */
    public byte[] bytes() {
        return Objects.requireNonNull(
                database.queryOne(
                        "read the key of logins", "SELECT key FROM tempost.login_key", row -> row.getBytes("key")),
                "tempost.login_key is empty: V14__access.sql has the statement that fills it");
    }
}
