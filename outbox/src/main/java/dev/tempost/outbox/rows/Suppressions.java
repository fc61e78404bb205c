package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The addresses that get no mail: personal data, for operators. */
public final class Suppressions {

    /**
     * What is to be suppressed.
     *
     * @param address an address in any case, or {@code @domain}; one of many that mean the same domain has to be given each
     * @param reason why
     * @param tenant whose mail it does not get; null for everybody's
     * @param note whatever helps to understand it; null for nothing
     * @param expiresAt when it ends by itself; null when only somebody ends it
     */
    public record Wanted(
            String address,
            SuppressionReason reason,
            @Nullable String tenant,
            @Nullable String note,
            @Nullable OffsetDateTime expiresAt) {}

    /**
     * An entry of the list.
     *
     * @param id in the order in which they were made
     * @param tenant whose mail it does not get; null for everybody's
     * @param address in lower case, or {@code @domain}
     * @param reason why
     * @param note whatever helps to understand it; null for nothing
     * @param createdAt when it was made
     * @param createdBy by whom
     * @param expiresAt when it ends by itself; null when only somebody ends it
     */
    public record Entry(
            long id,
            @Nullable String tenant,
            String address,
            SuppressionReason reason,
            @Nullable String note,
            Instant createdAt,
            String createdBy,
            @Nullable Instant expiresAt) {}

    private static final String COLUMNS =
            "SELECT id, tenant, address, reason, note, created_at, created_by, expires_at FROM tempost.suppression ";

    // the primary key, as in the next
    static final String NEWEST = COLUMNS + "WHERE id < ? ORDER BY id DESC LIMIT ?";

    static final String AFTER = COLUMNS + "WHERE id > ? ORDER BY id LIMIT ?";

    // index suppression_tenant
    static final String OF_TENANT = COLUMNS + "WHERE tenant = ? AND id < ? ORDER BY id DESC LIMIT ?";

    // index suppression_address
    static final String OF_ADDRESSES =
            COLUMNS + "WHERE address = ANY (?) AND (?::text IS NULL OR tenant = ?) AND id < ? ORDER BY id DESC LIMIT ?";

    private static final String PUT =
            "SELECT tempost.suppress_all(?, ?, ?, ?, CAST(CAST(? AS text[]) AS timestamptz[]), ?)";
    private static final String PUT_ONE = "SELECT tempost.suppress(?, ?, ?, ?, ?, ?)";
    private static final String REMOVE = "SELECT tempost.unsuppress(?, ?, ?, ?)";
    private static final String ERASE = "SELECT tempost.erase_suppressions(?, ?, ?)";

    private final Database database;

    public Suppressions(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** Suppresses an address; false when it is suppressed already, for as long at least. */
    public boolean put(Wanted wanted, String actor) {
        return Boolean.TRUE.equals(database.queryOne(
                "suppress an address",
                PUT_ONE,
                row -> row.getBoolean(1),
                wanted.address(),
                wanted.reason().word(),
                wanted.tenant(),
                wanted.note(),
                wanted.expiresAt(),
                actor));
    }

    /** Suppresses many in one statement; returns how many entries are new or changed. */
    public int putAll(List<Wanted> wanted, String actor) {
        return Objects.requireNonNull(database.queryOne(
                "suppress " + wanted.size() + " addresses",
                PUT,
                row -> row.getInt(1),
                each(wanted, Wanted::address),
                each(wanted, one -> one.reason().word()),
                each(wanted, Wanted::tenant),
                each(wanted, Wanted::note),
                each(
                        wanted,
                        one -> one.expiresAt() == null ? null : one.expiresAt().toString()),
                actor));
    }

    private static @Nullable String[] each(List<Wanted> wanted, Function<Wanted, @Nullable String> column) {
        return wanted.stream().map(column).toArray(String[]::new);
    }

    /**
     * Takes an address off the list; returns how many entries that were.
     *
     * @param reason only the entry of this reason; null for all
     * @param tenant only this tenant's entries; null for those that are everybody's
     */
    public int remove(String address, @Nullable SuppressionReason reason, @Nullable String tenant, String actor) {
        return Objects.requireNonNull(database.queryOne(
                "take an address off the suppression list",
                REMOVE,
                row -> row.getInt(1),
                address,
                reason == null ? null : reason.word(),
                tenant,
                actor));
    }

    /**
     * Entries, newest first.
     *
     * @param addresses only of these, in lower case; empty for all
     * @param tenant only this tenant's; null for all
     * @param before only those that were made before the entry of this id
     */
    public List<Entry> page(List<String> addresses, @Nullable String tenant, long before, int limit) {
        String what = "read the suppression list";
        if (!addresses.isEmpty()) {
            String[] asked = addresses.toArray(String[]::new);
            return database.query(what, OF_ADDRESSES, Suppressions::entry, asked, tenant, tenant, before, limit);
        }
        return tenant == null
                ? database.query(what, NEWEST, Suppressions::entry, before, limit)
                : database.query(what, OF_TENANT, Suppressions::entry, tenant, before, limit);
    }

    /** Entries after another, in the order in which they were made. */
    public List<Entry> after(long id, int limit) {
        return database.query("read the suppression list", AFTER, Suppressions::entry, id, limit);
    }

    /** Removes entries of a tenant that leaves; returns how many, 0 when none is left. */
    public int erase(String tenant, int limit, String actor) {
        return Objects.requireNonNull(
                database.queryOne("erase suppressions", ERASE, row -> row.getInt(1), tenant, limit, actor));
    }

    private static Entry entry(ResultSet row) throws SQLException {
        return new Entry(
                row.getLong("id"),
                row.getString("tenant"),
                row.getString("address"),
                SuppressionReason.of(row.getString("reason")),
                row.getString("note"),
                Objects.requireNonNull(Database.instant(row, "created_at")),
                row.getString("created_by"),
                Database.instant(row, "expires_at"));
    }
}
