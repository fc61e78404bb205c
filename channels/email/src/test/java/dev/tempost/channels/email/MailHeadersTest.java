package dev.tempost.channels.email;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tempost.activities.channel.UnsendableRow;
import jakarta.mail.internet.InternetHeaders;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MailHeadersTest {

    private static final MailHeaders HEADERS = new MailHeaders(List.of("List-Id", "Reply-To"));

    @Test
    void whatIsOnTheListIsSetInAnyCase() {
        assertThat(set("{\"mail\": {\"list-id\": \"<club.example.com>\"}}").getHeader("List-Id"))
                .containsExactly("<club.example.com>");
    }

    @Test
    void whatIsNotOnTheListFailsItsRowWithTheRemedy() {
        assertThatExceptionOfType(UnsendableRow.class)
                .isThrownBy(() -> set("{\"mail\": {\"X-Campaign\": \"7\"}}"))
                .withMessage(
                        "column headers: mail sets X-Campaign, which is not among tempost.mail-headers: remove it, or"
                                + " add it there, then retry");
    }

    @Test
    void theTraceContextIsNoHeaderOfAMail() {
        assertThat(set("{\"traceparent\": \"00-abc-def-01\", \"X-SMTPAPI\": {}}")
                        .getAllHeaderLines()
                        .hasMoreElements())
                .isFalse();
    }

    @Test
    void repliesGoWhereTheirDomainSays() {
        assertThat(set("{\"mail\": {\"Reply-To\": \"Ann <ann@faß.de>, b@example.com\"}}")
                        .getHeader("Reply-To"))
                .containsExactly("Ann <ann@xn--fa-hia.de>, b@example.com");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-SMTPAPI",
                "x-smtpapi",
                "X-MC-Metadata",
                "X-PM-Message-Stream",
                "X-Mailgun-Variables",
                "X-MSYS-API",
                "X-SES-CONFIGURATION-SET",
                "X-MJ-TemplateID",
                "Bcc",
                "Return-Path",
                "Sender",
                "Resent-To",
                "Content-Type",
                "Disposition-Notification-To",
                "Message-ID",
                "two words",
                "a:b",
                ""
            })
    void noListOpensWhatSteersARelay(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MailHeaders(List.of("List-Id", name)))
                .withMessageStartingWith("tempost.mail-headers names ");
    }

    private static InternetHeaders set(String column) {
        var headers = new InternetHeaders();
        HEADERS.addTo(headers, column);
        return headers;
    }
}
