package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.access.Audit;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.BatchLedger;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.rows.Erasure;
import dev.tempost.outbox.rows.Retention;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.rows.SuppressionReason;
import dev.tempost.outbox.rows.Suppressions;
import dev.tempost.outbox.rows.Suppressions.Entry;
import dev.tempost.outbox.rows.Suppressions.Wanted;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Addresses that get no mail, and what the gate says to their rows. */
@OnEveryPostgres
class SuppressionsTest {

    private static final String ANN = "ann@example.org";

    @AutoClose
    private final OutboxFixture outbox;

    private final Suppressions suppressions;
    private final Ledger ledger;

    SuppressionsTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        suppressions = new Suppressions(outbox.database.dataSource());
        ledger = new Ledger(outbox.database.dataSource());
    }

    private static Wanted wanted(String address, SuppressionReason reason, @Nullable String tenant) {
        return new Wanted(address, reason, tenant, null, null);
    }

    private boolean suppress(String address) {
        return suppressions.put(wanted(address, SuppressionReason.MANUAL, null), "ops");
    }

    private long to(String recipient) {
        long id = outbox.inFlight();
        outbox.database.execute("UPDATE tempost.outbox SET recipient = ? WHERE id = ?", recipient, id);
        return id;
    }

    private Admission open(long id, Set<SuppressionReason> reasons) {
        return ledger.open(
                        id,
                        outbox.key(id),
                        "run-1",
                        false,
                        "smtp",
                        "<m@example>",
                        Duration.ofMinutes(1),
                        false,
                        reasons)
                .admission();
    }

    private boolean goes(String recipient) {
        return open(to(recipient), SuppressionReason.ALL) instanceof Admission.Send;
    }

    @Test
    void aSuppressedRowEndsAtTheGateWithItsReasonAndNoAttempt() {
        suppressions.put(wanted(ANN, SuppressionReason.HARD_BOUNCE, null), "ops");
        long id = to(ANN);

        assertThat(open(id, SuppressionReason.ALL))
                .isEqualTo(new Admission.Ended(
                        RowStatus.SUPPRESSED, "its address is suppressed: mail to it bounced for good", null, null));

        outbox.assertThatRow(
                id, "status = 'suppressed' AND finished_at IS NOT NULL AND run_id = 'run-1' AND lease_until IS NULL");
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.attempt"))
                .isZero();
        assertThat(open(id, Set.of())).as("it is final").isInstanceOf(Admission.Ended.class);
        assertThat(new Rows(outbox.database.dataSource()).retry(id)).isFalse();
    }

    @Test
    void everySpellingOfARecipientIsFound() {
        suppress("Ann@Example.org");
        for (String spelling : List.of(
                ANN,
                "ANN@EXAMPLE.ORG",
                "Ann <ann@example.org>",
                "\"bob@example.com\" < ann@example.org > ",
                "ann@example.org (Ann (at home))",
                "(bob@example.com) ann@example.org",
                "ann@example.org,",
                "ann@example\u3002org",
                // read without them
                "ann@example\ufe0f.org",
                "ann@exa\u034fmple.org",
                "ann@\uff25xample.org")) {
            assertThat(goes(spelling)).as(spelling).isFalse();
        }
        for (String other : List.of("joann@example.org", "ann@example.org.uk", "ann@mail.example.org", "ann")) {
            assertThat(goes(other)).as(other).isTrue();
        }
        assertThat(goes("\u00dcber@example.org")).isTrue();
    }

    @Test
    void aDomainIsSuppressedAsAWhole() {
        suppress("@Example.org");

        assertThat(goes(ANN)).isFalse();
        assertThat(goes("ann@mail.example.org")).isTrue();
        assertThat(outbox.column(outbox.database.number("SELECT min(id) FROM tempost.outbox"), "reason"))
                .isEqualTo("its domain is suppressed: by an operator");
    }

    @Test
    void aTenantsListIsItsOwnAndOneIsEverybodys() {
        suppressions.put(wanted(ANN, SuppressionReason.COMPLAINT, "acme"), "ops");
        suppressions.put(wanted("bob@example.org", SuppressionReason.COMPLAINT, null), "ops");
        long own = to(ANN);
        outbox.set(own, "tenant = 'acme'");
        long everybodys = to("bob@example.org");
        outbox.set(everybodys, "tenant = 'acme'");

        assertThat(goes(ANN)).as("another tenant").isTrue();
        assertThat(open(own, SuppressionReason.ALL)).isInstanceOf(Admission.Ended.class);
        assertThat(open(everybodys, SuppressionReason.ALL)).isInstanceOf(Admission.Ended.class);
    }

    @Test
    void anEventTypeMayIgnoreThatSomebodyUnsubscribedAndNothingElse() {
        suppressions.put(wanted(ANN, SuppressionReason.UNSUBSCRIBED, null), "ops");
        assertThat(open(to(ANN), SuppressionReason.ALL)).isInstanceOf(Admission.Ended.class);
        assertThat(open(to(ANN), SuppressionReason.WITHOUT_UNSUBSCRIBED)).isInstanceOf(Admission.Send.class);

        for (SuppressionReason reason : SuppressionReason.WITHOUT_UNSUBSCRIBED) {
            String address = reason.word() + "@example.org";
            suppressions.put(wanted(address, reason, null), "ops");
            assertThat(open(to(address), SuppressionReason.WITHOUT_UNSUBSCRIBED))
                    .as(address)
                    .isInstanceOf(Admission.Ended.class);
        }
        assertThat(open(to("manual@example.org"), Set.of())).as("no mail").isInstanceOf(Admission.Send.class);
    }

    @Test
    void aSuppressionEndsByItselfAndIsForgotten() {
        OffsetDateTime tomorrow = OffsetDateTime.now(ZoneOffset.UTC).plusDays(1);
        suppressions.put(new Wanted(ANN, SuppressionReason.MANUAL, null, "holiday", tomorrow), "ops");
        assertThat(goes(ANN)).isFalse();

        outbox.database.execute("UPDATE tempost.suppression SET expires_at = now() - interval '1 second'");

        assertThat(goes(ANN)).isTrue();
        suppress("bob@example.org");
        new Retention(outbox.database.dataSource()).forgetRequests(10);
        assertThat(suppressions.page(List.of(), null, Long.MAX_VALUE, 10))
                .extracting(Entry::address)
                .containsExactly("bob@example.org");
    }

    @Test
    void whatIsThereNeverGetsShorter() {
        OffsetDateTime tomorrow = OffsetDateTime.now(ZoneOffset.UTC).plusDays(1);
        Wanted brief = new Wanted(ANN, SuppressionReason.MANUAL, null, null, tomorrow);

        assertThat(suppressions.put(brief, "ops")).isTrue();
        assertThat(suppressions.put(brief, "ops")).isFalse();
        assertThat(suppressions.put(new Wanted(ANN, SuppressionReason.MANUAL, null, null, tomorrow.plusDays(1)), "ops"))
                .isTrue();
        assertThat(suppress(ANN)).isTrue();
        assertThat(suppressions.put(brief, "ops")).isFalse();

        assertThat(suppressions.page(List.of(ANN), null, Long.MAX_VALUE, 10))
                .singleElement()
                .extracting(Entry::expiresAt)
                .isNull();
    }

    @Test
    void manyComeInOneStatementAndComingAgainChangesNothing() {
        List<Wanted> many = List.of(
                new Wanted("B@example.org", SuppressionReason.COMPLAINT, "acme", "by post", null),
                wanted(ANN, SuppressionReason.UNSUBSCRIBED, null),
                wanted("ANN@example.org", SuppressionReason.UNSUBSCRIBED, null),
                new Wanted(
                        "@example.com",
                        SuppressionReason.MANUAL,
                        null,
                        null,
                        OffsetDateTime.now(ZoneOffset.UTC).plusDays(1)));

        assertThat(suppressions.putAll(many, "ops")).isEqualTo(3);
        assertThat(suppressions.putAll(many, "ops")).isZero();

        assertThat(suppressions.after(0, 10))
                .extracting(Entry::address)
                .containsExactlyInAnyOrder("b@example.org", ANN, "@example.com");
        assertThat(new Audit(outbox.database.dataSource()).entries(null, Long.MAX_VALUE, 10))
                .singleElement()
                .extracting(Audit.Entry::detail)
                .isEqualTo("3 imported");
    }

    @Test
    void listsArePagesNewestFirstOfAnAddressOrATenant() {
        for (int n = 1; n <= 3; n++) {
            suppressions.put(wanted(n + "@example.org", SuppressionReason.MANUAL, n == 2 ? null : "acme"), "ops");
        }
        List<Entry> first = suppressions.page(List.of(), null, Long.MAX_VALUE, 2);

        assertThat(first).extracting(Entry::address).containsExactly("3@example.org", "2@example.org");
        assertThat(suppressions.page(List.of(), null, first.getLast().id(), 2))
                .extracting(Entry::address)
                .containsExactly("1@example.org");
        assertThat(suppressions.page(List.of(), "acme", first.getFirst().id(), 2))
                .extracting(Entry::address)
                .containsExactly("1@example.org");
        assertThat(suppressions.page(List.of("2@example.org"), null, Long.MAX_VALUE, 2))
                .hasSize(1);
        assertThat(suppressions.page(List.of("2@example.org"), "acme", Long.MAX_VALUE, 2))
                .isEmpty();
    }

    @Test
    void whatIsTakenOffIsSentToAgain() {
        suppress(ANN);
        suppressions.put(wanted(ANN, SuppressionReason.COMPLAINT, null), "ops");
        suppressions.put(wanted(ANN, SuppressionReason.COMPLAINT, "acme"), "ops");
        suppress("@example.org");

        assertThat(suppressions.remove("ANN@example.org", SuppressionReason.COMPLAINT, null, "ops"))
                .isEqualTo(1);
        assertThat(suppressions.remove("ANN@example.org", null, null, "ops")).isEqualTo(1);
        assertThat(suppressions.remove("@Example.org", null, null, "ops")).isEqualTo(1);
        assertThat(suppressions.remove(ANN, null, null, "ops")).isZero();

        assertThat(goes(ANN)).isTrue();
        assertThat(suppressions.after(0, 10)).extracting(Entry::tenant).containsExactly("acme");
    }

    @Test
    void theAuditSaysWhoAndWhyAndNeverWhom() {
        suppressions.put(wanted(ANN, SuppressionReason.HARD_BOUNCE, "acme"), "ada");
        suppressions.remove(ANN, null, "acme", "ada");

        assertThat(outbox.database.text("SELECT string_agg(a::text, ' ') FROM tempost.audit a"))
                .contains("ada", "unsuppress", "acme", "hard_bounce")
                .doesNotContain("ann@", "example");
    }

    @Test
    void whatIsNoAddressIsRefused() {
        for (String bad : List.of("", "ann", "Ann <ann@example.org>", "ann@", "a b@example.org")) {
            assertThatThrownBy(() -> suppress(bad)).as(bad).hasMessageContaining("neither an address nor a domain");
        }
        assertThatThrownBy(() -> suppressions.put(
                        new Wanted(
                                ANN,
                                SuppressionReason.MANUAL,
                                null,
                                null,
                                OffsetDateTime.now(ZoneOffset.UTC).minusDays(1)),
                        "ops"))
                .hasMessageContaining("it cannot end at");
        assertThatThrownBy(() -> suppressions.put(wanted(ANN, SuppressionReason.MANUAL, "no tenant"), "ops"))
                .hasMessageContaining("the tenant is no name of one");
    }

    @Test
    void theErasureOfARecipientKeepsItsSuppressionThatOfATenantDoesNot() {
        suppressions.put(wanted(ANN, SuppressionReason.UNSUBSCRIBED, "acme"), "ops");
        suppress(ANN);
        to(ANN);

        new Erasure(outbox.database.dataSource()).step(ANN, null, 0, 100, "ops");
        assertThat(suppressions.after(0, 10)).hasSize(2);

        assertThat(suppressions.erase("acme", 10, "ops")).isEqualTo(1);
        assertThat(suppressions.erase("acme", 10, "ops")).isZero();
        assertThat(suppressions.after(0, 10)).extracting(Entry::tenant).containsOnlyNulls();
    }

    @Test
    void whatMayHaveBeenSentSaysSo() {
        long id = to(ANN);
        open(id, Set.of());
        outbox.database.execute("UPDATE tempost.attempt SET phase = 'transmitting'");
        outbox.pastDeadline(id, 1);
        suppress(ANN);

        open(id, SuppressionReason.ALL);

        outbox.assertThatRow(
                id,
                "status = 'suppressed' AND reason = 'its address is suppressed: by an operator; it may have been sent'");
    }

    @Test
    void aBatchEndsWhatIsSuppressedAndSendsTheRest() {
        suppress(ANN);
        suppressions.put(wanted("@example.com", SuppressionReason.COMPLAINT, null), "ops");
        long ann = to("Ann <ann@example.org>");
        long other = to("bob@example.org");
        long domain = to("bob@example.com");
        outbox.database.execute("UPDATE tempost.outbox SET workflow_id = 'batch'");
        BatchLedger batch =
                new BatchLedger(outbox.database.dataSource(), "batch", "run-1", "smtp", SuppressionReason.ALL);

        Map<Long, Admission> answers = batch.open(
                List.of(
                        new BatchLedger.Opening(ann, "<a>"),
                        new BatchLedger.Opening(other, "<b>"),
                        new BatchLedger.Opening(domain, "<c>")),
                Duration.ofMinutes(1));

        assertThat(answers.get(other)).isInstanceOf(Admission.Send.class);
        assertThat(answers.get(ann)).isInstanceOf(Admission.Ended.class);
        assertThat(answers.get(domain))
                .isEqualTo(new Admission.Ended(
                        RowStatus.SUPPRESSED, "its domain is suppressed: a complaint about mail to it", null, null));
        outbox.assertThatRow(ann, "status = 'suppressed' AND run_id = 'run-1'");
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.attempt"))
                .isEqualTo(1);
    }

    @Test
    void theNextOfAShardGoesOnAfterASuppressedOne() {
        suppress(ANN);
        long head = outbox.database.number("SELECT tempost.enqueue('welcome', 'ann@example.org', shard_key => 's')");
        long next = outbox.database.number("SELECT tempost.enqueue('welcome', 'bob@example.org', shard_key => 's')");
        new Claims(outbox.database.dataSource()).claim(7, Duration.ofMinutes(1), EventTypes.all(), null);
        outbox.assertThatRow(next, "waits_for = 'turn'");

        open(head, SuppressionReason.ALL);

        outbox.assertThatRow(head, "status = 'suppressed'");
        outbox.assertThatRow(next, "waits_for IS NULL");
    }
}
