package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.PassedOver.ModelLane;
import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.ledger.Mark;
import dev.tempost.outbox.ledger.RefusedPhase;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.DispatchedRows;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.Pauses.Scope;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Takes steps in the database and in a model of it, and compares. */
final class ModelledOutbox implements AutoCloseable {

    private static final int PRODUCERS = 3;
    private static final Duration LEASE = Duration.ofMinutes(30);
    private static final Duration LATER = Duration.ofHours(1);

    private final Connection connection;
    private final Claims claims;
    private final DispatchedRows dispatched;
    private final Ledger ledger;
    private final Rows operator;
    private final Pauses pauses;
    private final List<Connection> producers = new ArrayList<>();
    private final List<List<ModelRow>> inserted = new ArrayList<>();
    private final List<List<ModelRow>> cancelled = new ArrayList<>();
    private final TreeMap<Long, ModelRow> rows = new TreeMap<>();
    private final Set<Scope> paused = new HashSet<>();
    private final PassedOver passedOver = new PassedOver();

    ModelledOutbox(TestDatabase database) throws SQLException {
        this.connection = database.connect();
        DataSource pool = OneConnection.of(connection);
        this.dispatched = new DispatchedRows(pool);
        this.claims = new Claims(
                pool,
                new ClaimRules(Map.of(), List.of(), new EventTypes(true, Set.of("skipped")), ClaimRules.Batches.NONE));
        this.ledger = new Ledger(pool);
        this.operator = new Rows(pool);
        this.pauses = new Pauses(pool);
        for (int i = 0; i < PRODUCERS; i++) {
            Connection producer = database.connect();
            producer.setAutoCommit(false);
            producers.add(producer);
            inserted.add(new ArrayList<>());
            cancelled.add(new ArrayList<>());
        }
        execute("TRUNCATE tempost.outbox, tempost.attempt, tempost.shard, tempost.pause RESTART IDENTITY");
    }

    void take(Step step) throws SQLException {
        switch (step) {
            case Step.Insert insert -> insert(insert);
            case Step.CancelUncommitted cancel -> cancelUncommitted(cancel);
            case Step.Commit commit -> commit(commit.producer());
            case Step.Rollback rollback -> rollback(rollback.producer());
            case Step.Claim claim -> claim(claim.limit());
            case Step.ClaimAll all -> claimAll();
            case Step.Gate gate -> {
                ModelRow row = any(gate.row(), r -> r.driven() && r.attempt == null);
                if (row != null) {
                    gate(row);
                }
            }
            case Step.Accept accept -> {
                ModelRow row = any(accept.row(), r -> r.driven() && r.attempt != null);
                if (row != null) {
                    accept(row);
                }
            }
            case Step.Fail fail -> {
                ModelRow row = any(fail.row(), r -> r.driven() && r.attempt != null);
                if (row != null) {
                    fail(row);
                }
            }
            case Step.Release release -> release(release);
            case Step.Die die -> die(any(die.row(), ModelRow::driven));
            case Step.Reclaim reclaim -> reclaim();
            case Step.Retry retry -> retry(any(retry.row(), r -> r.is(RowStatus.FAILED)));
            case Step.Dismiss dismiss -> dismiss(any(dismiss.row(), r -> r.is(RowStatus.FAILED)));
            case Step.Cancel cancel -> cancel(any(cancel.row(), r -> r.isOpen() && !r.locked));
            case Step.CancelJob cancel -> cancelJob(cancel);
            case Step.Pause pause -> {
                assertThat(pauses.pause(pause.scope(), "why", "ada")).isEqualTo(paused.add(pause.scope()));
            }
            case Step.Resume resume -> {
                // it would wait for the transaction that changes a row it wakes
                if (rows.values().stream().noneMatch(row -> row.locked)) {
                    assertThat(pauses.resume(resume.scope(), "ada")).isEqualTo(paused.remove(resume.scope()));
                }
            }
            case Step.TimePasses passes -> timePasses();
        }
    }

    /** Lets everybody finish, and sees to it that nothing is left. */
    void drain() throws SQLException {
        for (int producer = 0; producer < PRODUCERS; producer++) {
            if (producer == 0) {
                rollback(producer);
            } else {
                commit(producer);
            }
        }
        for (Scope scope : Set.copyOf(paused)) {
            take(new Step.Resume(scope));
        }
        timePasses();
        reclaim();
        boolean busy = true;
        while (busy) {
            claimAll();
            for (ModelRow row : all(r -> r.is(RowStatus.FAILED))) {
                dismiss(row);
            }
            List<ModelRow> driven = all(ModelRow::driven);
            for (ModelRow row : driven) {
                if (row.attempt == null) {
                    gate(row);
                }
                if (row.attempt != null) {
                    accept(row);
                }
            }
            busy = !driven.isEmpty();
        }
        claims.mendTurns();
        assertThat(all(ModelRow::isOpen))
                .as("rows that are left when everybody is done")
                .isEmpty();
        assertThat(number("SELECT count(*) FROM tempost.outbox WHERE status IN ('pending', 'dispatched')"))
                .isZero();
        assertThat(number("SELECT count(*) FROM tempost.shard"))
                .as("turns of nobody")
                .isZero();
    }

    private void insert(Step.Insert insert) throws SQLException {
        try (PreparedStatement statement = producers
                .get(insert.producer())
                .prepareStatement(
                        "INSERT INTO tempost.outbox (tenant, event_type, priority, shard_key, object_key, job_id,"
                                + " deliver_after) VALUES (?, ?, ?, ?, ?, ?, clock_timestamp() + ? * interval '1 hour')"
                                + " RETURNING id")) {
            statement.setString(1, insert.tenant());
            statement.setString(2, insert.eventType());
            statement.setInt(3, insert.priority());
            statement.setString(4, insert.shard());
            statement.setString(5, insert.object());
            statement.setString(6, insert.job());
            statement.setInt(7, insert.later() ? 1 : -1);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                inserted.get(insert.producer()).add(new ModelRow(result.getLong(1), insert));
            }
        }
    }

    private void cancelUncommitted(Step.CancelUncommitted cancel) throws SQLException {
        ModelRow row = any(cancel.row(), r -> r.is(RowStatus.PENDING) && !r.locked);
        // two that end rows of one shard wait for each other, as in any application
        if (row == null || rows.values().stream().anyMatch(r -> r.locked && r.sharesShardWith(row))) {
            return;
        }
        try (Statement statement = producers.get(cancel.producer()).createStatement()) {
            statement.execute("SELECT tempost.cancel(" + row.id + ", 'changed my mind')");
        }
        row.locked = true;
        cancelled.get(cancel.producer()).add(row);
    }

    private void commit(int producer) throws SQLException {
        producers.get(producer).commit();
        for (ModelRow row : inserted.get(producer)) {
            row.status = RowStatus.PENDING;
            row.late = rows.values().stream().anyMatch(other -> other.id > row.id && other.sharesShardWith(row));
            rows.put(row.id, row);
        }
        for (ModelRow row : cancelled.get(producer)) {
            row.status = RowStatus.CANCELLED;
        }
        endTransaction(producer);
    }

    private void rollback(int producer) throws SQLException {
        producers.get(producer).rollback();
        endTransaction(producer);
    }

    private void endTransaction(int producer) throws SQLException {
        cancelled.get(producer).forEach(row -> row.locked = false);
        inserted.get(producer).clear();
        cancelled.get(producer).clear();
        compare();
    }

    private void claim(int limit) throws SQLException {
        claims.mendTurns();
        Set<Long> claimable = claimable();
        Set<ModelLane> ready = rows.values().stream()
                .filter(row -> claimable.contains(row.id) && goes(row))
                .map(ModelLane::of)
                .collect(Collectors.toSet());
        List<ClaimedRow> taken =
                claims.claim(limit, LEASE, EventTypes.all(), null).rows();
        assertThat(taken).hasSizeLessThanOrEqualTo(limit);
        passedOver.claimed(ready, taken, taken.size() == limit);
        // what a claim supersedes happens before what it takes, or beside it
        compareClaim(taken);
        for (ClaimedRow claimed : taken) {
            ModelRow row = Objects.requireNonNull(rows.get(claimed.id()), "a row that was not committed was claimed");
            assertThat(row.status).as("before the claim: %s", row).isEqualTo(RowStatus.PENDING);
            assertThat(row.due).as("due: %s", row).isTrue();
            assertThat(row.locked).as("being cancelled: %s", row).isFalse();
            assertThat(isPaused(row)).as("paused: %s", row).isFalse();
            assertThat(all(other -> other.sharesShardWith(row) && other.is(RowStatus.DISPATCHED)))
                    .as("in flight in the shard beside %s", row)
                    .isEmpty();
            assertThat(all(other -> other.sharesShardWith(row)
                            && other.id < row.id
                            && !other.late
                            && !other.retried
                            && (other.is(RowStatus.PENDING) || other.holdsItsShard())))
                    .as("due to go before %s", row)
                    .isEmpty();
            assertThat(all(other -> other.sharesObjectWith(row) && other.id > row.id && other.is(RowStatus.DELIVERED)))
                    .as("delivered, and newer than %s", row)
                    .isEmpty();
            row.status = RowStatus.DISPATCHED;
            row.skipped = row.insert.eventType().equals("skipped");
            row.claimed = claimed;
        }
    }

    private void compareClaim(List<ClaimedRow> taken) throws SQLException {
        Set<Long> ids = new HashSet<>();
        taken.forEach(row -> ids.add(row.id()));
        assertThat(ids).as("rows of one claim").hasSameSizeAs(taken);
        Map<Long, String> statuses = statuses();
        for (ModelRow row : rows.values()) {
            RowStatus now = RowStatus.of(Objects.requireNonNull(statuses.get(row.id)));
            if (ids.contains(row.id)) {
                assertThat(now).isEqualTo(RowStatus.DISPATCHED);
            } else if (now == RowStatus.SUPERSEDED && row.is(RowStatus.PENDING)) {
                supersede(row);
            } else {
                assertThat(now)
                        .as("after a claim that did not take it: %s", row)
                        .isEqualTo(row.status);
            }
        }
    }

    private void claimAll() throws SQLException {
        // one that takes nothing may still have passed a turn on, and woken everybody
        String before;
        do {
            before = versions();
            claims.mendTurns();
            claim(100);
        } while (!versions().equals(before));
        assertThat(all(this::goes)).as("left by a claim of everything").isEmpty();
    }

    /** Whether a claim that looks at it has to take it. */
    private boolean goes(ModelRow row) {
        return row.is(RowStatus.PENDING) && row.due && !row.locked && !isPaused(row) && isFirst(row);
    }

    /** What a claim would look at, sooner or later; what waits for its time is looked at again when it has come. */
    private Set<Long> claimable() throws SQLException {
        Set<Long> ids = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(
                        "SELECT id FROM tempost.outbox WHERE status = 'pending' AND waits_for IS NULL")) {
            while (result.next()) {
                ids.add(result.getLong(1));
            }
        }
        return ids;
    }

    /** Whether nothing of its shard is before it, or under way. */
    private boolean isFirst(ModelRow row) {
        return all(other -> other.sharesShardWith(row)
                        && (other.is(RowStatus.DISPATCHED)
                                || other.holdsItsShard()
                                || other.locked
                                || (other.is(RowStatus.PENDING) && other.id < row.id)))
                .isEmpty();
    }

    private void gate(ModelRow row) throws SQLException {
        Admission admission = ledger.open(
                        row.id,
                        Objects.requireNonNull(row.claimed).key(),
                        "r1",
                        false,
                        "smtp",
                        "<m>",
                        LEASE,
                        false,
                        Set.of())
                .admission();
        switch (admission) {
            case Admission.Send send -> {
                assertThat(isPaused(row)).as("paused: %s", row).isFalse();
                assertThat(row.cancelRequested).as("cancelled: %s", row).isFalse();
                assertThat(all(other -> other != row
                                && other.sharesShardWith(row)
                                && other.is(RowStatus.DISPATCHED)
                                && other.attempt != null))
                        .as("being sent beside %s", row)
                        .isEmpty();
                assertThat(all(other ->
                                other.sharesObjectWith(row) && other.id > row.id && other.is(RowStatus.DELIVERED)))
                        .as("delivered, and newer than what is sent: %s", row)
                        .isEmpty();
                row.attempt = new AttemptRef(row.id, row.claimed.key(), send.attempt(), "w", "r1");
            }
            case Admission.Paused paused ->
                assertThat(isPaused(row)).as("%s", row).isTrue();
            case Admission.Ended settled -> {
                if (settled.status() == RowStatus.SUPERSEDED) {
                    supersede(row);
                    // it takes older rows that are pending with it
                    for (ModelRow older : all(o -> o.is(RowStatus.PENDING) && o.sharesObjectWith(row))) {
                        if (status(older) == RowStatus.SUPERSEDED) {
                            supersede(older);
                        }
                    }
                } else {
                    assertThat(settled.status()).isEqualTo(RowStatus.CANCELLED);
                    assertThat(row.cancelRequested).as("%s", row).isTrue();
                    row.status = RowStatus.CANCELLED;
                }
            }
            default -> throw new AssertionError(admission + " at the gate: " + row);
        }
        compare();
    }

    private void accept(ModelRow row) throws SQLException {
        assertThat(ledger.accepted(Objects.requireNonNull(row.attempt), "smtp", "250 ok", null))
                .isNotNull();
        row.attempt = null;
        row.status = RowStatus.DELIVERED;
        compare();
    }

    private void fail(ModelRow row) throws SQLException {
        AttemptRef attempt = Objects.requireNonNull(row.attempt);
        ledger.refused(attempt, "smtp", RefusedPhase.REJECTED, true, "MailboxUnknown", "550 no", null);
        ledger.mark(
                new Mark(row.id, attempt.key(), "w", "r1", false, RowStatus.FAILED, "550 no", "MailboxUnknown", null));
        row.attempt = null;
        row.status = row.cancelRequested ? RowStatus.CANCELLED : RowStatus.FAILED;
        compare();
    }

    private void release(Step.Release release) throws SQLException {
        ModelRow row = any(release.row(), r -> r.driven() && r.attempt == null);
        if (row == null) {
            return;
        }
        dispatched.release(
                Objects.requireNonNull(row.claimed), release.later() ? LATER : Duration.ZERO, "NotStarted", "no");
        if (status(row) == RowStatus.PENDING) {
            row.status = RowStatus.PENDING;
            row.due = !release.later();
        }
        compare();
    }

    private void die(@Nullable ModelRow row) throws SQLException {
        if (row == null
                || execute("UPDATE tempost.outbox SET lease_until = now() - interval '1 minute'"
                                + " WHERE lease_until IS NOT NULL AND id = " + row.id)
                        == 0) {
            return;
        }
        execute("UPDATE tempost.attempt SET deadline = now() - interval '1 minute' WHERE finished_at IS NULL"
                + " AND outbox_id = " + row.id);
        row.lost = true;
        row.attempt = null;
    }

    private void reclaim() {
        for (ClaimedRow claimed : dispatched.reclaim(100, LEASE)) {
            ModelRow row = Objects.requireNonNull(rows.get(claimed.id()));
            assertThat(row.lost)
                    .as("claimed again while its lease lived: %s", row)
                    .isTrue();
            assertThat(row.status).isEqualTo(RowStatus.DISPATCHED);
            row.lost = false;
            row.claimed = claimed;
        }
        assertThat(all(row -> row.lost)).as("not claimed again").isEmpty();
    }

    private void retry(@Nullable ModelRow row) throws SQLException {
        if (row != null) {
            assertThat(operator.retry(row.id)).isTrue();
            row.status = RowStatus.PENDING;
            row.retried = true;
            row.cancelRequested = false;
            row.due = true;
            compare();
        }
    }

    private void dismiss(@Nullable ModelRow row) throws SQLException {
        if (row != null) {
            assertThat(operator.dismiss(row.id, "enough")).isTrue();
            row.status = RowStatus.DISMISSED;
            compare();
        }
    }

    private void cancel(@Nullable ModelRow row) throws SQLException {
        // it may have to pass on the turn that an open transaction is passing on
        if (row != null && rows.values().stream().noneMatch(r -> r.locked && r.sharesShardWith(row))) {
            assertThat(operator.cancel(row.id, "no longer")).isTrue();
            cancelled(row);
            compare();
        }
    }

    private void cancelled(ModelRow row) {
        row.cancelRequested = true;
        if (row.is(RowStatus.PENDING)) {
            row.status = RowStatus.CANCELLED;
        }
    }

    private void cancelJob(Step.CancelJob cancel) throws SQLException {
        List<ModelRow> touched = all(row -> row.isOpen()
                && row.insert.tenant().equals(cancel.tenant())
                && cancel.job().equals(row.insert.job()));
        if (all(row -> row.locked).isEmpty()) {
            assertThat(number("SELECT tempost.cancel_job('" + cancel.tenant() + "', '" + cancel.job() + "', 'over')"))
                    .isEqualTo(touched.size());
            touched.forEach(this::cancelled);
            compare();
        }
    }

    private void timePasses() throws SQLException {
        // not for what an open transaction changed: a row it cancelled, or one it passed a turn on to
        execute("SET session_replication_role = replica");
        try (Statement statement = connection.createStatement();
                ResultSet passed = statement.executeQuery("UPDATE tempost.outbox"
                        + " SET deliver_after = deliver_after - interval '2 hours',"
                        + " next_attempt_at = next_attempt_at - interval '2 hours' WHERE id = ANY (ARRAY("
                        + "SELECT id FROM tempost.outbox FOR NO KEY UPDATE SKIP LOCKED)) RETURNING id")) {
            while (passed.next()) {
                Objects.requireNonNull(rows.get(passed.getLong(1))).due = true;
            }
        }
        execute("SET session_replication_role = origin");
    }

    private void supersede(ModelRow row) {
        assertThat(all(newer -> newer.id > row.id
                        && newer.sharesObjectWith(row)
                        && EnumSet.of(
                                        RowStatus.PENDING,
                                        RowStatus.DISPATCHED,
                                        RowStatus.DELIVERED,
                                        RowStatus.SUPERSEDED)
                                .contains(Objects.requireNonNull(newer.status))))
                .as("newer than what was superseded: %s", row)
                .isNotEmpty();
        row.status = RowStatus.SUPERSEDED;
    }

    private boolean isPaused(ModelRow row) {
        return paused.stream()
                .anyMatch(scope -> matches(scope.tenant(), row.insert.tenant())
                        && matches(scope.eventType(), row.insert.eventType())
                        && matches(scope.shardKey(), row.insert.shard()));
    }

    private static boolean matches(@Nullable String scope, @Nullable String value) {
        return scope == null || scope.equals(value);
    }

    private Map<Long, String> statuses() throws SQLException {
        Map<Long, String> actual = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT id, status FROM tempost.outbox ORDER BY id")) {
            while (result.next()) {
                actual.put(result.getLong(1), result.getString(2));
            }
        }
        return actual;
    }

    private void compare() throws SQLException {
        Map<Long, String> expected = new TreeMap<>();
        rows.values()
                .forEach(row ->
                        expected.put(row.id, Objects.requireNonNull(row.status).column()));
        assertThat(statuses()).isEqualTo(expected);
    }

    private String versions() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result =
                        statement.executeQuery("SELECT string_agg(ctid::text, ' ' ORDER BY id) FROM tempost.outbox")) {
            result.next();
            return String.valueOf(result.getString(1));
        }
    }

    private RowStatus status(ModelRow row) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT status FROM tempost.outbox WHERE id = " + row.id)) {
            result.next();
            return RowStatus.of(result.getString(1));
        }
    }

    private List<ModelRow> all(Predicate<ModelRow> condition) {
        return rows.values().stream().filter(condition).toList();
    }

    private @Nullable ModelRow any(int number, Predicate<ModelRow> condition) {
        List<ModelRow> candidates = all(condition);
        return candidates.isEmpty() ? null : candidates.get(number % candidates.size());
    }

    private int execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            return statement.getUpdateCount();
        }
    }

    private long number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getLong(1);
        }
    }

    @Override
    public void close() throws SQLException {
        for (Connection producer : producers) {
            producer.rollback();
            producer.close();
        }
        connection.close();
    }
}
