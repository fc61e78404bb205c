package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.ClaimRules.ProviderLimit;
import dev.tempost.outbox.claim.ClaimRules.Share;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class FairnessTest {

    private static final EventTypes NONE = new EventTypes(true, Set.of());

    @AutoClose
    private final OutboxFixture outbox = new OutboxFixture(PostgresVersion.CURRENT);

    private Map<String, Long> claimed(Claims claims, int limit) {
        return claims.claim(limit, Duration.ofMinutes(1), EventTypes.all(), null).rows().stream()
                .collect(Collectors.groupingBy(ClaimedRow::tenant, Collectors.counting()));
    }

    private Claims with(Map<String, Share> tenants, List<ProviderLimit> providers) {
        return new Claims(
                outbox.database.dataSource(), new ClaimRules(tenants, providers, NONE, ClaimRules.Batches.NONE));
    }

    /** So many, with fifty rows each. */
    private void tenants(int count) {
        for (int i = 0; i < count; i++) {
            rows("tenant-" + (char) ('a' + i), 50);
        }
    }

    private void rows(String tenant, int count) {
        outbox.database.execute(
                "INSERT INTO tempost.outbox (event_type, tenant) SELECT 'welcome', ? FROM generate_series(1, ?)",
                tenant,
                count);
    }

    @Test
    void aSmallTenantIsServedBesideALargeOne() {
        rows("large", 5000);
        rows("small", 3);
        assertThat(claimed(with(Map.of(), List.of()), 16))
                .containsEntry("small", 3L)
                .containsEntry("large", 13L);
    }

    @Test
    void placesGoByWeight() {
        rows("gold", 100);
        rows("plain", 100);
        assertThat(claimed(with(Map.of("gold", new Share(3, null)), List.of()), 16))
                .containsEntry("gold", 12L)
                .containsEntry("plain", 4L);
    }

    @Test
    void moreTenantsThanPlacesTakeTurns() {
        tenants(20);
        Claims claims = with(Map.of(), List.of());
        Set<String> served = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            served.addAll(claimed(claims, 4).keySet());
        }
        assertThat(served).hasSize(20);
    }

    @Test
    void looksForUrgentRowsOnlyAreNobodysTurn() {
        tenants(10);
        Claims claims = with(Map.of(), List.of());
        Set<String> served = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            served.addAll(claimed(claims, 2).keySet());
            outbox.row("tenant, priority", "'an-urgent-one'", "1");
            assertThat(claims.claimUrgent(2, Duration.ofMinutes(1), EventTypes.all(), null)
                            .rows())
                    .hasSize(1);
        }
        assertThat(served).hasSize(10);
    }

    @Test
    void anUrgentRowOfOneTenantGoesBeforeTheBulkOfAll() {
        rows("large", 100);
        rows("small", 100);
        long urgent = outbox.row("tenant, priority", "'zeta'", "1");
        assertThat(with(Map.of(), List.of())
                        .claim(1, Duration.ofMinutes(1), EventTypes.all(), null)
                        .rows())
                .extracting(ClaimedRow::id)
                .containsExactly(urgent);
    }

    @Test
    void eventTypesOfATenantTakeTurns() {
        rows("acme", 1000);
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, tenant)"
                + " SELECT 'magic-link', 'acme' FROM generate_series(1, 2)");
        List<ClaimedRow> taken = with(Map.of(), List.of())
                .claim(8, Duration.ofMinutes(1), EventTypes.all(), null)
                .rows();
        assertThat(taken).hasSize(8);
        assertThat(taken)
                .filteredOn(row -> row.eventType().equals("magic-link"))
                .hasSize(2);
    }

    @Test
    void aTenantsLimitHoldsAcrossReplicas() {
        rows("acme", 100);
        rows("other", 100);
        Map<String, Share> limit = Map.of("acme", new Share(1, 5));
        assertThat(claimed(with(limit, List.of()), 8)).containsEntry("acme", 4L);
        assertThat(claimed(with(limit, List.of()), 8)).containsEntry("acme", 1L).containsEntry("other", 7L);
        assertThat(claimed(with(limit, List.of()), 8)).doesNotContainKey("acme");
        outbox.database.execute("UPDATE tempost.outbox SET status = 'delivered', lease_until = NULL"
                + " WHERE tenant = 'acme' AND status = 'dispatched'");
        assertThat(claimed(with(limit, List.of()), 8)).containsEntry("acme", 4L);
    }

    @Test
    void aProvidersLimitHoldsForItsEventTypes() {
        rows("acme", 100);
        outbox.database.execute("INSERT INTO tempost.outbox (event_type) SELECT 'news' FROM generate_series(1, 100)");
        Claims claims = with(Map.of(), List.of(new ProviderLimit(new EventTypes(true, Set.of("news")), 2)));
        List<ClaimedRow> taken =
                claims.claim(10, Duration.ofMinutes(1), EventTypes.all(), null).rows();
        assertThat(taken).hasSize(10);
        assertThat(taken).filteredOn(row -> row.eventType().equals("news")).hasSize(2);
    }

    @Test
    void whatIsNotDueIsLookedAtOnce() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, deliver_after, priority)"
                + " SELECT 'welcome', clock_timestamp() + interval '1 hour', 1 FROM generate_series(1, 500)");
        long due = outbox.pending();
        assertThat(with(Map.of(), List.of())
                        .claim(10, Duration.ofMinutes(1), EventTypes.all(), null)
                        .rows())
                .extracting(ClaimedRow::id)
                .containsExactly(due);
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE waits_for = 'time'"))
                .isEqualTo(500);
        outbox.database.execute(
                "UPDATE tempost.outbox SET deliver_after = now() WHERE id =" + " (SELECT min(id) FROM tempost.outbox)");
        assertThat(claimed(with(Map.of(), List.of()), 10)).containsEntry("default", 1L);
    }
}
