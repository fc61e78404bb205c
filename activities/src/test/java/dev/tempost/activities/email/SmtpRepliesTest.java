package dev.tempost.activities.email;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.Outcome.Accepted;
import dev.tempost.activities.channel.Outcome.Ambiguous;
import dev.tempost.activities.channel.Outcome.ChannelDown;
import dev.tempost.activities.channel.Outcome.Permanent;
import dev.tempost.activities.channel.Outcome.Transient;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmtpRepliesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            DOT      | 250 2.0.0 Ok: queued as 4ABC | Accepted  |
            DOT      | 251 fine                     | Accepted  |
            DOT      | 354 what                     | Ambiguous |
            GREETING | 421 4.3.2 shutting down      | unreached | ProviderUnavailable
            GREETING | 554 no service here          | unreached | ProviderUnavailable
            AUTH     | 454 4.7.0 temporary          | unreached | ProviderUnavailable
            MAIL     | 454 4.7.0 TLS not available  | unreached | ProviderUnavailable
            RCPT     | 421 4.7.0 closing            | unreached | ProviderUnavailable
            RCPT     | 450 4.2.1 mailbox busy       | reached   | MailboxUnavailable
            RCPT     | 451 4.3.0 try again          | reached   | MailboxUnavailable
            DOT      | 452 4.3.1 no space           | reached   | MailboxUnavailable
            RCPT     | 452 4.5.3 too many recipients| reached   | MailboxUnavailable
            RCPT     | 552 too many recipients      | reached   | MailboxUnavailable
            RCPT     | 552 5.2.2 mailbox full       | reached   | MailboxUnavailable
            RCPT     | 552 user is over quota       | reached   | MailboxUnavailable
            RCPT     | 451 4.7.1 Greylisted         | reached   | Greylisted
            RCPT     | 450 4.2.0 Recipient address rejected: Greylisting in effect | reached | Greylisted
            DOT      | 550 5.4.5 Daily sending quota exceeded | reached | Throttled
            MAIL     | 550 message limit exceeded   | reached   | Throttled
            RCPT     | 451 4.7.1 too many messages, slow down | reached | Throttled
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
            """)
    void everyReplyHasItsClass(SmtpPhase phase, String reply, String expected, String type) {
        Outcome outcome = outcome(new SmtpEnd.Replied(phase, Integer.parseInt(reply.substring(0, 3)), reply));

        switch (expected) {
            case "Accepted" -> assertThat(outcome).isInstanceOf(Accepted.class);
            case "Ambiguous" -> assertThat(outcome).isInstanceOf(Ambiguous.class);
            case "down" -> assertThat(outcome).isEqualTo(new ChannelDown(type, reply));
            case "permanent" -> assertThat(outcome).isEqualTo(new Permanent(type, reply, true));
            default -> assertThat(outcome).isEqualTo(new Transient(type, reply, null, expected.equals("reached")));
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
                .isEqualTo(new Transient("ProviderUnavailable", "connection refused (at CONNECT)", null, false));
    }

    @Test
    void anUntrustedCertificateStopsTheChannel() {
        var end =
                new SmtpEnd.Broken(SmtpPhase.STARTTLS, "lost", new SSLHandshakeException("PKIX path building failed"));
        assertThat(outcome(end))
                .isEqualTo(new ChannelDown("CredentialsRejected", "TLS: PKIX path building failed (at STARTTLS)"));
    }

    @Test
    void theProvidersNameOfTheMessageIsKept() {
        assertThat(outcome(new SmtpEnd.Replied(SmtpPhase.DOT, 250, "250 2.0.0 Ok: queued as 4ABC123")))
                .isEqualTo(new Accepted("250 2.0.0 Ok: queued as 4ABC123", "4ABC123"));
    }

    private static Outcome outcome(SmtpEnd end) {
        return SmtpReplies.outcome(end, new Mask(Personal.of("someone@example.com", Map.of())));
    }
}
