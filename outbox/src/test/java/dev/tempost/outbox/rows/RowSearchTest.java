package dev.tempost.outbox.rows;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.RowSearch.Filter;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class RowSearchTest {

    @AutoClose
    private final OutboxFixture outbox = new OutboxFixture(PostgresVersion.CURRENT);

    private final RowSearch search = new RowSearch(outbox.database.dataSource());

    private void insert(String status, int rows, String more) {
        outbox.database.execute(
                "INSERT INTO tempost.outbox (event_type, recipient, tenant, job_id, status, finished_at,"
                        + " last_error_type, last_error) SELECT 'welcome', 'Ann@example.org', 'acme', 'j', '" + status
                        + "', now(), "
                        + more + " FROM generate_series(1, " + rows + ") i");
    }

    private static Filter filter(@Nullable RowStatus status, @Nullable String tenant, @Nullable String recipient) {
        return new Filter(status, tenant, null, null, null, recipient, null, null, null);
    }

    private List<Long> all(Filter filter, int limit) {
        List<Long> ids = new ArrayList<>();
        Long next = Long.MAX_VALUE;
        while (next != null) {
            RowSearch.Page page = search.page(filter, next, limit);
            page.rows().stream().map(Rows.Row::id).forEach(ids::add);
            next = page.next();
        }
        return ids;
    }

    @Test
    void pagesGoFromTheNewestToTheOldestAndMissNone() {
        insert("delivered", 25, "NULL, NULL");
        insert("failed", 7, "'MailboxUnknown', '550'");
        List<Long> ids = all(filter(null, null, null), 10);
        assertThat(ids).hasSize(32).startsWith(32L, 31L).endsWith(2L, 1L);
        assertThat(all(filter(RowStatus.FAILED, null, null), 3)).containsExactly(32L, 31L, 30L, 29L, 28L, 27L, 26L);
        assertThat(all(filter(RowStatus.DELIVERED, "nobody", null), 10)).isEmpty();
        assertThat(all(filter(null, null, "ann@EXAMPLE.org"), 100)).hasSize(32);
    }

    @Test
    void aPageLooksAtSoManyRowsAndSaysWhereToGoOn() {
        insert("delivered", 1, "NULL, NULL");
        outbox.database.execute(
                "INSERT INTO tempost.outbox (event_type, status, finished_at) SELECT 'other', 'delivered',"
                        + " now() FROM generate_series(1, 45000)");
        Filter rare = filter(null, "acme", null);
        // a clock by which every stretch takes for ever
        long[] now = {0};
        RowSearch slow = new RowSearch(outbox.database.dataSource(), () -> now[0] += 1_000_000_000);
        RowSearch.Page first = slow.page(rare, Long.MAX_VALUE, 10);
        assertThat(first.rows()).isEmpty();
        assertThat(first.next()).isEqualTo(25_002);
        RowSearch.Page second = slow.page(rare, 25_002, 10);
        assertThat(second.next()).isEqualTo(5_002);
        RowSearch.Page third = slow.page(rare, 5_002, 10);
        assertThat(third.rows()).extracting(Rows.Row::id).containsExactly(1L);
        assertThat(third.next()).isNull();
        assertThat(all(rare, 10)).containsExactly(1L);
    }

    @Test
    void everyFilterNarrows() {
        insert("failed", 1, "'MailboxUnknown', '550 no 7'");
        Instant now = Instant.now();
        Filter fits = new Filter(
                RowStatus.FAILED,
                "acme",
                "welcome",
                "MailboxUnknown",
                "# no #",
                "ann@example.org",
                "j",
                now.minusSeconds(60),
                now.plusSeconds(60));
        assertThat(all(fits, 10)).containsExactly(1L);
        String x = "x";
        List<Filter> doNotFit = List.of(
                new Filter(RowStatus.PENDING, null, null, null, null, null, null, null, null),
                new Filter(null, x, null, null, null, null, null, null, null),
                new Filter(null, null, x, null, null, null, null, null, null),
                new Filter(null, null, null, x, null, null, null, null, null),
                new Filter(null, null, null, null, x, null, null, null, null),
                new Filter(null, null, null, null, null, x, null, null, null),
                new Filter(null, null, null, null, null, null, x, null, null),
                new Filter(null, null, null, null, null, null, null, now.plusSeconds(60), null),
                new Filter(null, null, null, null, null, null, null, null, now.minusSeconds(60)));
        assertThat(doNotFit).allSatisfy(filter -> assertThat(all(filter, 10)).isEmpty());
    }

    @Test
    void deadLettersAreGroupedByWhatTheyFailedOf() {
        insert("failed", 40, "'MailboxUnknown', '550 5.1.1 no such user ' || i");
        insert("failed", 3, "'PayloadInvalid', 'variable is missing'");
        insert("delivered", 2, "'MailboxUnknown', '550'");
        RowSearch.Causes causes = search.causes(null);
        assertThat(causes.complete()).isTrue();
        assertThat(causes.groups()).hasSize(2);
        RowSearch.Group most = causes.groups().getFirst();
        assertThat(most.cause()).isEqualTo(new RowSearch.Cause("MailboxUnknown", "welcome", "# #.#.# no such user #"));
        assertThat(most.rows()).isEqualTo(40);
        assertThat(most.example()).isEqualTo(40);
        assertThat(causes.groups().get(1).rows()).isEqualTo(3);
        assertThat(causes.groups().get(1).cause().failureType()).isEqualTo("PayloadInvalid");
        assertThat(search.causes("nobody").groups()).isEmpty();
    }
}
