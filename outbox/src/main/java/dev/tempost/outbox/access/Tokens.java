package dev.tempost.outbox.access;

import dev.tempost.outbox.database.Database;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** API tokens: made, looked up, revoked. A token is shown once, when it is made; the table has its SHA-256. */
public final class Tokens {

    /** What somebody may do; each may do what those before it may. */
    public enum Role {
        /** Sees states, attempts and figures: no recipient, no content. */
        VIEWER,
        /** Sees content, each view audited, and changes rows, pauses and providers. */
        OPERATOR,
        /** Makes and revokes tokens. */
        ADMIN;

        /** The name in the table, in claims and on the command line. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A token that may be used.
     *
     * @param name whose it is
     * @param role what it may do
     */
    public record Holder(String name, Role role) {}

    /**
     * A token as administrators see it.
     *
     * @param id its id
     * @param name whose it is
     * @param role what it may do
     * @param createdAt when it was made
     * @param createdBy by whom
     * @param expiresAt when it ends; null for never
     * @param usedAt when it was last used, to the minute; null for never
     * @param revokedAt when it was revoked; null while it is not
     */
    public record Listed(
            long id,
            String name,
            Role role,
            Instant createdAt,
            String createdBy,
            @Nullable Instant expiresAt,
            @Nullable Instant usedAt,
            @Nullable Instant revokedAt) {}

    /** What tokens begin with, so that scanners for secrets know one when they see it. */
    public static final String PREFIX = "tempost_";

    private static final int BYTES = 32;

    // no other token's name has a colon
    private static final String LOGIN = "login:";
    private static final int LONGEST_NAME_OF_A_LOGIN = 40;

    /** What a name may be that somebody chooses. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.@-]{0,62}");

    private static final String CREATE = """
        WITH made AS (
            INSERT INTO tempost.token (name, role, hash, created_by, expires_at)
            VALUES (?, ?, ?, ?, coalesce(?::timestamptz, clock_timestamp() + ?::bigint * interval '1 second'))
            ON CONFLICT DO NOTHING RETURNING name, role, created_by
        )
        SELECT tempost.write_audit(created_by, 'token', NULL, NULL, name || ', ' || role) FROM made
        """;

    private static final String REVOKE = """
        WITH revoked AS (
            UPDATE tempost.token SET revoked_at = clock_timestamp() WHERE name = ? AND revoked_at IS NULL RETURNING name
        )
        SELECT tempost.write_audit(?, 'revoke', NULL, NULL, name) FROM revoked
        """;

    private static final String HOLDER = """
        SELECT id, name, role, coalesce(used_at < clock_timestamp() - interval '1 minute', true) AS note_use
        FROM tempost.token
        WHERE hash = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
        """;

    private static final String LISTED = """
        SELECT id, name, role, created_at, created_by, expires_at, used_at, revoked_at
        FROM tempost.token ORDER BY id DESC LIMIT 200
        """;

    private final Database database;

    public Tokens(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** Whether a token may be called so: 1 to 63 letters, digits and {@code _ . @ -}. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /**
     * Makes a token. One that has expired under this name makes way.
     *
     * @param name whose it is
     * @param expiresAt when it ends; null for never
     * @param by who makes it
     * @return the token, which nobody can read again; null when one of this name may be used already
     */
    public @Nullable String create(String name, Role role, @Nullable OffsetDateTime expiresAt, String by) {
        database.update(
                "retire expired tokens",
                "UPDATE tempost.token SET revoked_at = expires_at WHERE name = ? AND revoked_at IS NULL AND expires_at <="
                        + " clock_timestamp()",
                name);
        String token = PREFIX + random(BYTES);
        return insert(token, name, role, by, expiresAt, null) ? token : null;
    }

    /**
     * Makes a token for somebody who signed in elsewhere.
     *
     * @param name how the audit calls them; shortened, and without what no name may have
     * @param lasts for how long it may be used
     * @param by who they are there, which nobody else is
     * @return the token, which nobody can read again
     */
    public String createForLogin(String name, Role role, Duration lasts, String by) {
        String plain = name.replaceAll("[^A-Za-z0-9_.@-]", "_");
        String token = PREFIX + random(BYTES);
        String unique = LOGIN + plain.substring(0, Math.min(plain.length(), LONGEST_NAME_OF_A_LOGIN)) + ":" + random(6);
        if (!insert(token, unique, role, by, null, lasts.toSeconds())) {
            throw new IllegalStateException("there is a token " + unique + " already: sign in again");
        }
        return token;
    }

    private boolean insert(
            String token,
            String name,
            Role role,
            String by,
            @Nullable OffsetDateTime expiresAt,
            @Nullable Long seconds) {
        return !database.query(
                        "make a token", CREATE, row -> "", name, role.word(), hash(token), by, expiresAt, seconds)
                .isEmpty();
    }

    private static String random(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    /** Whether a login made the token of this name. */
    public static boolean isOfLogin(String name) {
        return name.startsWith(LOGIN);
    }

    /** Who a token is, when it may be used; null otherwise. */
    public @Nullable Holder holder(String token) {
        if (!token.startsWith(PREFIX)) {
            return null;
        }
        return database.queryOne(
                "look a token up",
                HOLDER,
                row -> {
                    if (row.getBoolean("note_use")) {
                        noteUse(row.getLong("id"));
                    }
                    return new Holder(
                            row.getString("name"),
                            Role.valueOf(row.getString("role").toUpperCase(Locale.ROOT)));
                },
                hash(token));
    }

    private void noteUse(long id) {
        database.update(
                "note the use of a token", "UPDATE tempost.token SET used_at = clock_timestamp() WHERE id = ?", id);
    }

    /** Ends a token at once; false when there is no such token that may be used. */
    public boolean revoke(String name, String by) {
        return !database.query("revoke a token", REVOKE, row -> "", name, by).isEmpty();
    }

    /** The newest tokens, those of the past included. */
    public List<Listed> list() {
        return database.query(
                "list tokens",
                LISTED,
                row -> new Listed(
                        row.getLong("id"),
                        row.getString("name"),
                        Role.valueOf(row.getString("role").toUpperCase(Locale.ROOT)),
                        row.getTimestamp("created_at").toInstant(),
                        row.getString("created_by"),
                        Database.instant(row, "expires_at"),
                        Database.instant(row, "used_at"),
                        Database.instant(row, "revoked_at")));
    }

    static byte[] hash(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
