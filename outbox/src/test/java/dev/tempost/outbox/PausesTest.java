package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.Pauses.Scope;
import dev.tempost.outbox.rows.Shard;
import dev.tempost.outbox.rows.Shards;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class PausesTest {

    private static final Duration LEASE = Duration.ofMinutes(1);

    @AutoClose
    private final OutboxFixture outbox = new OutboxFixture(PostgresVersion.CURRENT);

    private final Claims claims = new Claims(outbox.database.dataSource());
    private final Pauses pauses = new Pauses(outbox.database.dataSource());

    private List<Long> claim() {
        return claims.claim(10, LEASE, EventTypes.all(), null).rows().stream()
                .map(ClaimedRow::id)
                .toList();
    }

    private Admission gate(long id) {
        return new Ledger(outbox.database.dataSource())
                .open(id, outbox.key(id), "r1", false, "smtp", "<m>", LEASE, false, Set.of())
                .admission();
    }

    @Test
    void everythingCanBePausedAndResumed() {
        long id = outbox.pending();
        Scope everything = new Scope(null, null, null);
        assertThat(pauses.pause(everything, "the provider is on fire", "ada")).isTrue();
        assertThat(claim()).isEmpty();
        outbox.assertThatRow(id, "status = 'pending'");
        assertThat(pauses.resume(everything, "grace")).isTrue();
        assertThat(claim()).containsExactly(id);
    }

    @Test
    void aPauseEndsByItself() {
        long id = outbox.row("tenant, shard_key", "'acme'", "'s'");
        Scope shard = new Scope("acme", null, "s");
        assertThat(pauses.pause(
                        shard,
                        "until the import is done",
                        "ada",
                        OffsetDateTime.now(ZoneOffset.UTC).plusHours(1)))
                .isTrue();
        assertThat(claim()).isEmpty();
        assertThat(pauses.resumeEnded()).as("before its end").isFalse();
        outbox.database.execute("UPDATE tempost.pause SET ends_at = clock_timestamp()");
        assertThat(pauses.resumeEnded()).isTrue();
        assertThat(claim()).containsExactly(id);
        assertThat(pauses.history(1).getFirst().resumedBy()).isEqualTo("its end");
        assertThatThrownBy(() -> pauses.pause(shard, "why", "ada", OffsetDateTime.now(ZoneOffset.UTC)))
                .hasMessageContaining("pause: it cannot end at");
    }

    @Test
    void aTenantOrAnEventTypeIsPausedAlone() {
        long acme = outbox.row("tenant", "'acme'");
        long other = outbox.row("tenant", "'globex'");
        pauses.pause(new Scope("acme", null, null), "unpaid", "ada");
        assertThat(claim()).containsExactly(other);

        long news = outbox.database.number("INSERT INTO tempost.outbox (event_type) VALUES ('news') RETURNING id");
        pauses.pause(new Scope(null, "welcome", null), "typo", "ada");
        pauses.resume(new Scope("acme", null, null), "ada");
        assertThat(claim()).containsExactly(news);
        pauses.resume(new Scope(null, "welcome", null), "ada");
        assertThat(claim()).containsExactly(acme);
    }

    @Test
    void aShardIsPausedAloneAndGoesOnWhereItStood() {
        long head = outbox.row("shard_key", "'s'");
        long next = outbox.row("shard_key", "'s'");
        long otherShard = outbox.row("shard_key", "'t'");
        Scope shard = new Scope("default", null, "s");
        pauses.pause(shard, "under investigation", "ada");
        assertThat(claim()).containsExactly(otherShard);
        assertThat(claim()).isEmpty();
        assertThat(new Shards(outbox.database.dataSource()).deepest(null, 1))
                .singleElement()
                .extracting(Shard::reason)
                .isEqualTo("paused by ada: under investigation");
        pauses.resume(shard, "ada");
        assertThat(claim()).containsExactly(head);
        outbox.set(head, "status = 'delivered', lease_until = NULL");
        assertThat(claim()).containsExactly(next);
    }

    @Test
    void aRowInFlightIsHeldBackBeforeItsNextAttempt() {
        long id = outbox.inFlight();
        pauses.pause(new Scope(null, "welcome", null), "typo", "ada");
        assertThat(gate(id)).isInstanceOfSatisfying(Admission.Paused.class, paused -> {
            assertThat(paused.reason()).isEqualTo("paused by ada: typo");
            assertThat(paused.remaining()).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(31));
        });
        outbox.assertThatRow(id, "status = 'dispatched' AND lease_until IS NULL AND next_attempt_at IS NOT NULL");
        pauses.resume(new Scope(null, "welcome", null), "ada");
        assertThat(gate(id)).isInstanceOf(Admission.Send.class);
    }

    @Test
    void whoAndWhyAreKept() {
        Scope scope = new Scope("acme", "welcome", null);
        pauses.pause(scope, "first", "ada");
        assertThat(pauses.pause(scope, "second", "grace")).isFalse();
        assertThat(pauses.active()).singleElement().satisfies(pause -> {
            assertThat(pause.scope()).isEqualTo(scope);
            assertThat(pause.reason()).isEqualTo("first");
            assertThat(pause.pausedBy()).isEqualTo("ada");
        });
        assertThat(pauses.resume(new Scope("acme", null, null), "grace")).isFalse();
        assertThat(pauses.resume(scope, "grace")).isTrue();
        assertThat(pauses.active()).isEmpty();
        assertThat(pauses.history(10)).singleElement().satisfies(pause -> {
            assertThat(pause.resumedBy()).isEqualTo("grace");
            assertThat(pause.resumedAt()).isNotNull();
        });
    }

    @Test
    void aPausedTenantsBacklogKeepsNobodyWaiting() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, tenant, priority)"
                + " SELECT 'welcome', 'acme', 1 FROM generate_series(1, 3000)");
        long other = outbox.row("tenant", "'globex'");
        pauses.pause(new Scope("acme", null, null), "unpaid", "ada");
        assertThat(claim()).containsExactly(other);
    }

    @Test
    void whatIsHeldBackIsToldByTenantAndEventTypeAndTheLongestFirst() {
        pauses.pause(new Scope("acme", null, "one"), "unpaid", "ada");
        pauses.pause(new Scope("acme", null, "two"), "unpaid", "ada");
        pauses.pause(new Scope(null, "welcome", null), "typo", "ada");
        outbox.database.execute(
                "UPDATE tempost.pause SET paused_at = paused_at - interval '5 hours' WHERE shard_key = 'two'");

        assertThat(pauses.held(10))
                .extracting(Pauses.Held::tenant, Pauses.Held::eventType, Pauses.Held::ofShards)
                .containsExactly(tuple("acme", null, true), tuple(null, "welcome", false));
        assertThat(pauses.held(1).getFirst().seconds()).isBetween(18000.0, 18060.0);

        pauses.resume(new Scope(null, "welcome", null), "ada");
        assertThat(pauses.held(10)).hasSize(1);
    }
}
