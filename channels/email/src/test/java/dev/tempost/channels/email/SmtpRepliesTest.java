package dev.tempost.channels.email;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.Outcome.Accepted;
import dev.tempost.activities.channel.Outcome.Ambiguous;
import dev.tempost.activities.channel.Outcome.ChannelDown;
import dev.tempost.activities.channel.Outcome.Permanent;
import dev.tempost.activities.channel.Outcome.Throttled;
import dev.tempost.activities.channel.Outcome.Transient;
import dev.tempost.activities.reply.Mask;
import dev.tempost.activities.reply.Personal;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmtpRepliesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            DOT      | 250 2.0.0 Ok: queued as 4ABC | Accepted  |
            DOT      | 251 fine                     | Accepted  |
            DOT      | 354 what                     | Ambiguous |
            GREETING | 421 4.3.2 shutting down      | provider  | ProviderUnavailable
            GREETING | 554 no service here          | provider  | ProviderUnavailable
            AUTH     | 454 4.7.0 temporary          | provider  | ProviderUnavailable
            MAIL     | 454 4.7.0 TLS not available  | sender    | ProviderUnavailable
            RCPT     | 421 4.7.0 closing            | message   | ProviderUnavailable
            RCPT     | 450 4.2.1 mailbox busy       | message   | MailboxUnavailable
            RCPT     | 451 4.3.0 try again          | message   | MailboxUnavailable
            DOT      | 452 4.3.1 no space           | message   | MailboxUnavailable
            RCPT     | 452 4.5.3 too many recipients| message   | MailboxUnavailable
            RCPT     | 552 too many recipients      | message   | MailboxUnavailable
            RCPT     | 552 5.2.2 mailbox full       | message   | MailboxUnavailable
            RCPT     | 552 user is over quota       | message   | MailboxUnavailable
            RCPT     | 451 4.7.1 Greylisted         | message   | Greylisted
            RCPT     | 450 4.2.0 Recipient address rejected: Greylisting in effect | message   | Greylisted
            DOT      | 550 5.4.5 Daily sending quota exceeded | throttled | Throttled
            MAIL     | 550 message limit exceeded   | throttled | Throttled
            RCPT     | 451 4.7.1 too many messages, slow down | throttled | Throttled
            AUTH     | 535 5.7.8 bad credentials    | down      | CredentialsRejected
            AUTH     | 534 5.7.9 mechanism too weak | down      | CredentialsRejected
            AUTH     | 538 5.7.11 encryption needed | down      | CredentialsRejected
            MAIL     | 530 5.7.0 authenticate first | down      | CredentialsRejected
            EHLO     | 501 5.5.2 bad host name      | down      | ProtocolError
            RCPT     | 550 5.1.1 no such user       | permanent | MailboxUnknown
            RCPT     | 551 moved                    | permanent | MailboxUnknown
            RCPT     | 553 5.1.3 bad syntax         | permanent | MailboxUnknown
            RCPT     | 554 5.1.1 gone               | permanent | MailboxUnknown
            RCPT     | 501 5.1.3 bad address        | permanent | MailboxUnknown
            RCPT     | 550 5.7.1 blocked by policy  | permanent | MessageRejected
            MAIL     | 550 5.1.8 sender refused     | permanent | MessageRejected
            DOT      | 552 5.3.4 message size exceeds limit | permanent | MessageRejected
            DOT      | 554 5.6.0 spam               | permanent | MessageRejected
            MAIL     | 500 5.5.2 what               | permanent | ProtocolError
            MAIL     | 503 5.5.1 sequence           | permanent | ProtocolError
            RCPT     | 555 5.5.4 parameters         | permanent | ProtocolError
            MAIL     | 504 5.5.4 not implemented    | permanent | ProtocolError
            MAIL     | 505 5.5.4 not implemented    | permanent | MessageRejected
            MAIL     | 450 4.7.1 not now            | sender    | MailboxUnavailable
            AUTH     | 450 4.7.1 not now            | provider  | ProviderUnavailable
            AUTH     | 432 4.7.12 password needed   | down      | CredentialsRejected
            DOT      | 432 4.3.2 sender thread limit exceeded | throttled | Throttled
            RCPT     | 432 4.7.12 password needed   | message   | MailboxUnavailable
            EHLO     | 530 5.7.0 STARTTLS first     | down      | CredentialsRejected
            RCPT     | 530 5.7.0 authenticate first | permanent | MessageRejected
            RCPT     | 530 login first              | permanent | MessageRejected
            RCPT     | 535 5.7.8 not you            | permanent | MessageRejected
            DATA     | 534 5.7.9 too weak           | permanent | MessageRejected
            DOT      | 538 5.7.11 encryption needed | permanent | MessageRejected
            MAIL     | 421 4.3.2 shutting down      | sender    | ProviderUnavailable
            RCPT     | 421 4.7.0 slow down          | throttled | Throttled
            RCPT     | 451 4.7.500 rate limited     | throttled | Throttled
            RCPT     | 452 4.7.1 too many messages  | throttled | Throttled
            RCPT     | 450 4.2.1 too fast for this user | message | MailboxUnavailable
            MAIL     | 550 5.7.8 login required     | down      | CredentialsRejected
            RCPT     | 550 5.7.8 login required     | permanent | MessageRejected
            RCPT     | 421 4.3.2 shutting down      | message   | ProviderUnavailable
            DATA     | 421 4.3.2 shutting down      | message   | ProviderUnavailable
            DOT      | 454 4.3.2 shutting down      | message   | ProviderUnavailable
            RCPT     | 354 what                     | message   | ProviderUnavailable
            RCPT     | 421 4.7.0 greylisted         | message   | Greylisted
            RCPT     | 421 4.7.28 unusual rate      | throttled | Throttled
            RCPT     | 550 5.3.4 message too large  | permanent | MessageRejected
            RCPT     | 550 5.6.0 bad content        | permanent | MessageRejected
            RCPT     | 552 5.3.4 message size limit | permanent | MessageRejected
            RCPT     | 550 5.5.3 many               | message   | MailboxUnavailable
            RCPT     | 552 recipient limit: too many recipients | message   | MailboxUnavailable
            DOT      | 552 5.2.2 mailbox full       | permanent | MessageRejected
            DOT      | 550 5.2.1 mailbox disabled   | permanent | MailboxUnknown
            MAIL     | 550 5.2.1 mailbox disabled   | permanent | MessageRejected
            RCPT     | 499 4.2.0 later              | message   | MailboxUnavailable
            RCPT     | 541 4.4.4 no route           | message   | MailboxUnavailable
            RCPT     | 549 4.4.4 no route           | message   | MailboxUnavailable
            RCPT     | 550 4.4.4 no route           | permanent | MailboxUnknown
            RCPT     | 554 4.4.4 no route           | permanent | MailboxUnknown
            RCPT     | 556 4.4.4 no route           | message   | MailboxUnavailable
            RCPT     | 500 4.4.4 no route           | permanent | ProtocolError
            RCPT     | 504 4.4.4 no route           | permanent | ProtocolError
            RCPT     | 505 4.4.4 no route           | message   | MailboxUnavailable
            RCPT     | 555 4.4.4 no route           | permanent | ProtocolError
            """)
    void everyReplyHasItsClass(SmtpPhase phase, String reply, String expected, String type) {
        Outcome outcome = outcome(new SmtpEnd.Replied(phase, Integer.parseInt(reply.substring(0, 3)), reply));

        switch (expected) {
            case "Accepted" -> assertThat(outcome).isInstanceOf(Accepted.class);
            case "Ambiguous" -> assertThat(outcome).isInstanceOf(Ambiguous.class);
            case "down" -> assertThat(outcome).isEqualTo(new ChannelDown(type, reply));
            case "permanent" -> assertThat(outcome).isEqualTo(new Permanent(type, reply, true));
            case "throttled" -> assertThat(outcome).isEqualTo(new Throttled(reply, null));
            case "provider" -> assertThat(outcome).isEqualTo(new Transient(Fault.PROVIDER, type, reply, null, false));
            // what it said was an answer, but to all it knew by then: who sends
            case "sender" -> assertThat(outcome).isEqualTo(new Transient(Fault.PROVIDER, type, reply, null, true));
            default -> {
                assertThat(expected).isEqualTo("message");
                assertThat(outcome).isEqualTo(new Transient(Fault.MESSAGE, type, reply, null, true));
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            451 4.7.1 Greylisted, please try again in 300 seconds       | PT5M
            451 4.7.1 Greylisted for 300 seconds                        | PT5M
            451 4.7.1 Greylisting in action, come back in 00:04:59      | PT4M59S
            450 4.2.0 try again in 10 minutes                           | PT10M
            450 4.2.0 try again in 4 minutes and 30 seconds             | PT4M30S
            450 4.2.0 try again in 4m30s                                | PT4M30S
            450 4.2.0 try again in an hour                              | PT1H
            450 4.2.0 please wait one minute                            | PT1M
            450 4.2.0 you must wait 1 second                            | PT1S
            450 4.2.0 retry-after: 120                                  | PT2M
            450 4.2.0 Retry after 90s                                   | PT1M30S
            450 4.2.0 deferred, 45 secs                                 | PT45S
            421 retry after 2 hours                                     | PT1H
            451 try again in 90 hours                                   | PT1H
            451 try again in 1 day                                      | PT1H
            451 try again in 2 months                                   | PT1H
            451 try again in 99999999999999999999 seconds               | PT1H
            451 try again in 999999999 hours                            | PT1H
            451 try again in 000000030 seconds                          | PT30S
            451 try again in 01:30:00                                   | PT1H
            451 try again in 01:00:00                                   | PT1H
            451 try again in 00:00:59                                   | PT59S
            451 try again in 00:00:00                                   |
            451 try again in 0 seconds                                  |
            451 4.7.1 try again later                                   |
            451 4.7.1 try again later, 12 recipients refused            |
            452 4.2.2 the mailbox holds 300 m                           |
            450 4.2.0 retry-after: 12:30                                |
            """)
    void theDelayTheServerAsksForIsHonoured(String reply, Duration expected) {
        assertThat(outcome(new SmtpEnd.Replied(SmtpPhase.RCPT, Integer.parseInt(reply.substring(0, 3)), reply)))
                .isInstanceOfSatisfying(
                        Transient.class, t -> assertThat(t.retryAfter()).isEqualTo(expected));
    }

    @Test
    void anEndWithoutReplyIsAmbiguousOnlyAfterTheDot() {
        for (SmtpPhase phase : SmtpPhase.values()) {
            var end = new SmtpEnd.Broken(phase, "lost", new SocketTimeoutException());
            assertThat(outcome(end)).isInstanceOf(phase == SmtpPhase.DOT ? Ambiguous.class : Transient.class);
        }
    }

    @Test
    void aRefusedConnectionDoesNotCountAsAnAttempt() {
        var end = new SmtpEnd.Broken(SmtpPhase.CONNECT, "lost", new ConnectException("Connection refused"));
        assertThat(outcome(end))
                .isEqualTo(new Transient(
                        Fault.PROVIDER, "ProviderUnavailable", "connection refused (at CONNECT)", null, false));
    }

    @Test
    void anUntrustedCertificateStopsTheChannel() {
        var end =
                new SmtpEnd.Broken(SmtpPhase.STARTTLS, "lost", new SSLHandshakeException("PKIX path building failed"));
        assertThat(outcome(end))
                .isEqualTo(new ChannelDown("CredentialsRejected", "TLS: PKIX path building failed (at STARTTLS)"));
    }

    @Test
    void aCertificateThatIsRefusedForAnyReasonStopsTheChannel() {
        var cause = new SSLHandshakeException("No subject alternative names present");
        cause.initCause(new CertificateException("No subject alternative names present"));
        assertThat(outcome(new SmtpEnd.Broken(SmtpPhase.GREETING, "lost", cause)))
                .isEqualTo(new ChannelDown(
                        "CredentialsRejected", "TLS: No subject alternative names present (at GREETING)"));
        var broken = new IOException("lost", new CertificateException("expired", new SocketException("reset")));
        assertThat(outcome(new SmtpEnd.Broken(SmtpPhase.EHLO, "lost", broken))).isInstanceOf(ChannelDown.class);
    }

    @Test
    void aConnectionThatMerelyBreaksUnderTlsDoesNot() {
        for (Exception why : List.of(
                new EOFException(), new SocketException("reset"), new SocketTimeoutException("Read timed out"))) {
            var cause = new SSLException("lost", why);
            assertThat(outcome(new SmtpEnd.Broken(SmtpPhase.STARTTLS, "lost", cause)))
                    .isInstanceOf(Transient.class);
        }
        var afterTheHandshake = new SSLException("bad record");
        assertThat(outcome(new SmtpEnd.Broken(SmtpPhase.AUTH, "lost", afterTheHandshake)))
                .isInstanceOf(Transient.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CONNECT  | timed out (at CONNECT)
            GREETING | timed out waiting for the server (at GREETING)
            DOT      | timed out waiting for the server (after the final dot)
            """)
    void anEndWithoutReplySaysWhere(SmtpPhase phase, String expected) {
        assertThat(outcome(new SmtpEnd.Broken(phase, "lost", new SocketTimeoutException()))
                        .reply())
                .isEqualTo(expected);
    }

    @Test
    void anUnknownHostIsNamedAsSuch() {
        assertThat(outcome(new SmtpEnd.Broken(SmtpPhase.CONNECT, "lost", new UnknownHostException("mail.example.com"))))
                .isEqualTo(new Transient(
                        Fault.PROVIDER,
                        "ProviderUnavailable",
                        "the provider's host name is unknown (at CONNECT)",
                        null,
                        false));
    }

    @Test
    void breakingOffCountsOnceTheServerKnowsTheRecipient() {
        for (SmtpPhase phase : List.of(SmtpPhase.MAIL, SmtpPhase.RCPT, SmtpPhase.DATA, SmtpPhase.CONTENT)) {
            assertThat(outcome(new SmtpEnd.Broken(phase, "lost", null)))
                    .isEqualTo(new Transient(
                            phase == SmtpPhase.MAIL ? Fault.PROVIDER : Fault.MESSAGE,
                            "ProviderUnavailable",
                            "lost (at " + phase + ")",
                            null,
                            phase != SmtpPhase.MAIL));
        }
    }

    @Test
    void aSendThatDidNotComeToTalkHasItsOutcomeToo() {
        assertThat(outcome(new SmtpEnd.Unfit("the server offers no AUTH")))
                .isEqualTo(new ChannelDown("CredentialsRejected", "the server offers no AUTH"));
        assertThat(outcome(new SmtpEnd.NeedsSmtpUtf8())).isInstanceOfSatisfying(Permanent.class, p -> {
            assertThat(p.type()).isEqualTo("RecipientInvalid");
            assertThat(p.reached()).isFalse();
        });
        assertThat(outcome(new SmtpEnd.NotBegun())).isInstanceOfSatisfying(Transient.class, t -> {
            assertThat(t.type()).isEqualTo("AttemptInProgress");
            assertThat(t.fault()).isEqualTo(Fault.OURS);
        });
        assertThat(outcome(new SmtpEnd.Busy(3))).isInstanceOfSatisfying(Transient.class, t -> {
            assertThat(t.type()).isEqualTo("ConnectionsBusy");
            assertThat(t.fault()).isEqualTo(Fault.OURS);
            assertThat(t.reply()).contains("all 3 connections");
        });
    }

    @Test
    void aProbeIsReadyAwayOrDown() {
        assertThat(health(null)).isEqualTo(new Health.Ready());
        assertThat(health(new SmtpEnd.Replied(SmtpPhase.EHLO, 421, "421 4.3.2 retry after 2 minutes")))
                .isEqualTo(new Health.Away(
                        "ProviderUnavailable", "421 4.3.2 retry after 2 minutes", Duration.ofMinutes(2)));
        assertThat(health(new SmtpEnd.Replied(SmtpPhase.AUTH, 535, "535 5.7.8 wrong password")))
                .isEqualTo(new Health.Down("CredentialsRejected", "535 5.7.8 wrong password"));
        assertThat(health(new SmtpEnd.Replied(SmtpPhase.MAIL, 550, "550 5.1.8 sender refused")))
                .isEqualTo(new Health.Down("MessageRejected", "550 5.1.8 sender refused"));
        assertThat(health(new SmtpEnd.Replied(SmtpPhase.MAIL, 450, "450 4.7.1 slow down")))
                .isEqualTo(new Health.Away("Throttled", "450 4.7.1 slow down", null));
        assertThatIllegalStateException().isThrownBy(() -> health(new SmtpEnd.Broken(SmtpPhase.DOT, "lost", null)));
        assertThatIllegalStateException().isThrownBy(() -> health(new SmtpEnd.Replied(SmtpPhase.DOT, 250, "250 ok")));
    }

    private static Health health(@Nullable SmtpEnd end) {
        return SmtpReplies.health(end, new Mask(Personal.NOTHING));
    }

    @Test
    void theProvidersNameOfTheMessageIsKept() {
        assertThat(outcome(new SmtpEnd.Replied(SmtpPhase.DOT, 250, "250 2.0.0 Ok: queued as 4ABC123")))
                .isEqualTo(new Accepted("250 2.0.0 Ok: queued as 4ABC123", "4ABC123"));
    }

    private static Outcome outcome(SmtpEnd end) {
        return SmtpReplies.outcome(end, new Mask(Personal.of("someone@example.com", List.of())));
    }
}
