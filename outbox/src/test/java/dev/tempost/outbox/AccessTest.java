package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.access.Answers;
import dev.tempost.outbox.access.Answers.Known;
import dev.tempost.outbox.access.LoginKey;
import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.access.Tokens.Role;
import dev.tempost.outbox.rows.Retention;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Objects;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class AccessTest {

    @AutoClose
    private final OutboxFixture outbox = new OutboxFixture(PostgresVersion.CURRENT);

    private final Tokens tokens = new Tokens(outbox.database.dataSource());
    private final Answers answers = new Answers(outbox.database.dataSource());

    @Test
    void aTokenIsWhoItWasMadeForUntilItIsRevoked() {
        String token = Objects.requireNonNull(tokens.create("ada", Role.OPERATOR, null, "root"));
        assertThat(token).startsWith(Tokens.PREFIX).hasSizeGreaterThan(40);
        assertThat(tokens.holder(token)).isEqualTo(new Tokens.Holder("ada", Role.OPERATOR));
        assertThat(tokens.holder(token + "x")).isNull();
        assertThat(tokens.holder("")).isNull();
        assertThat(tokens.create("ada", Role.ADMIN, null, "root"))
                .as("a second of that name")
                .isNull();
        assertThat(tokens.list().getFirst().usedAt()).isNotNull();
        assertThat(tokens.revoke("ada", "root")).isTrue();
        assertThat(tokens.holder(token)).isNull();
        assertThat(tokens.revoke("ada", "root")).isFalse();
        assertThat(outbox.database.text(
                        "SELECT string_agg(action || ' ' || detail, ', ' ORDER BY id) FROM tempost.audit"))
                .isEqualTo("token ada, operator, revoke ada");
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.token t WHERE t::text LIKE '%" + token + "%'"))
                .as("rows that hold the token itself")
                .isZero();
    }

    @Test
    void aTokenThatHasExpiredIsNobodyAndMakesWay() {
        String token = Objects.requireNonNull(tokens.create(
                "ada", Role.VIEWER, OffsetDateTime.now(ZoneOffset.UTC).plusHours(1), "root"));
        assertThat(tokens.holder(token)).isNotNull();
        outbox.database.execute("UPDATE tempost.token SET expires_at = clock_timestamp() - interval '1 second'");
        assertThat(tokens.holder(token)).isNull();
        assertThat(tokens.create("ada", Role.VIEWER, null, "root")).isNotNull();
    }

    @Test
    void aLoginHasATokenOfItsOwnThatIsForgottenADayAfterItsEnd() {
        String first = tokens.createForLogin("ada lovelace@example.org", Role.ADMIN, Duration.ofHours(8), "club:17");
        String second = tokens.createForLogin("ada lovelace@example.org", Role.VIEWER, Duration.ofHours(8), "club:17");
        Tokens.Holder holder = Objects.requireNonNull(tokens.holder(first));
        assertThat(holder.role()).isEqualTo(Role.ADMIN);
        assertThat(holder.name()).matches("login:ada_lovelace@example[.]org:[A-Za-z0-9_-]{8}");
        assertThat(Tokens.isOfLogin(holder.name())).isTrue();
        assertThat(Tokens.isName(holder.name()))
                .as("a name that somebody may choose")
                .isFalse();
        assertThat(outbox.database.text("SELECT actor || ' ' || detail FROM tempost.audit ORDER BY id LIMIT 1"))
                .isEqualTo("club:17 " + holder.name() + ", admin");
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.token"
                        + " WHERE expires_at BETWEEN now() + interval '7 hours' AND now() + interval '8 hours'"))
                .isEqualTo(2);
        assertThat(tokens.createForLogin("x".repeat(200), Role.VIEWER, Duration.ofHours(8), "club:18"))
                .startsWith(Tokens.PREFIX);
        tokens.create("ada", Role.ADMIN, null, "root");
        tokens.revoke("ada", "root");

        Retention retention = new Retention(outbox.database.dataSource());
        tokens.revoke(holder.name(), holder.name());
        retention.forgetRequests(100);
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.token")).isEqualTo(4);
        outbox.database.execute(
                "UPDATE tempost.token SET revoked_at = now() - interval '25 hours' WHERE revoked_at IS NOT NULL");
        retention.forgetRequests(100);
        assertThat(tokens.list()).extracting(Tokens.Listed::name).hasSize(3).contains("ada");
        assertThat(tokens.holder(second)).isNotNull();
        outbox.database.execute(
                "UPDATE tempost.token SET expires_at = now() - interval '25 hours' WHERE expires_at IS NOT NULL");
        retention.forgetRequests(100);
        assertThat(tokens.list()).extracting(Tokens.Listed::name).containsExactly("ada");
    }

    @Test
    void allReplicasReadOneKeyForLogins() {
        byte[] key = new LoginKey(outbox.database.dataSource()).bytes();
        assertThat(key).hasSize(32).isEqualTo(new LoginKey(outbox.database.dataSource()).bytes());
    }

    @Test
    void aRequestThatComesTwiceIsAnsweredAsTheFirstTime() {
        assertThat(answers.take("ada", "k", "POST /x")).isEqualTo(new Known.New());
        assertThat(answers.take("ada", "k", "POST /x")).isEqualTo(new Known.Unanswered());
        assertThat(answers.take("ada", "k", "POST /y")).isEqualTo(new Known.OfAnother());
        answers.answered("ada", "k", 201, "{}");
        assertThat(answers.take("ada", "k", "POST /x")).isEqualTo(new Known.Answered(201, "{}"));
        assertThat(answers.take("ada", "k", "POST /y")).isEqualTo(new Known.OfAnother());
        assertThat(answers.take("grace", "k", "POST /y")).isEqualTo(new Known.New());
        answers.untaken("grace", "k");
        assertThat(answers.take("grace", "k", "POST /z")).isEqualTo(new Known.New());

        outbox.database.execute(
                "UPDATE tempost.answered SET answered_at = now() - interval '25 hours' WHERE actor = 'ada'");
        new Retention(outbox.database.dataSource()).forgetRequests(100);
        assertThat(outbox.database.text("SELECT string_agg(actor, ',') FROM tempost.answered"))
                .isEqualTo("grace");
    }
}
