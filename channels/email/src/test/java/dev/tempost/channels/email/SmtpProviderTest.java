package dev.tempost.channels.email;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmtpProviderTest {

    @Test
    void thePasswordIsNeverPrinted() {
        assertThat(valid().withCredentials("bob", "hunter2").toString())
                .doesNotContain("hunter2")
                .contains("bob");
    }

    @ParameterizedTest
    @CsvSource({
        "localhost, 1025, NONE",
        "127.0.0.1, 25, NONE",
        "::1, 25, NONE",
        "127.0.0.1.example.com, 25, STARTTLS",
        "smtp.example.com, 587, STARTTLS",
        "smtp.example.com, 465, IMPLICIT"
    })
    void tlsIsDemandedOfEveryServerButThisMachine(String host, int port, SmtpProvider.Tls expected) {
        assertThat(SmtpProvider.defaultTls(host, port)).isEqualTo(expected);
    }

    @Test
    void noPasswordGoesToAnotherMachineInPlainText() {
        SmtpProvider elsewhere = SmtpProvider.of("a", "smtp.example.com", 587, "a@example.com");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> elsewhere
                        .withCredentials("bob", "hunter2")
                        .withConnection(to -> to.withTls(SmtpProvider.Tls.NONE)))
                .withMessageContaining("smtp.example.com in plain text: set it to starttls or implicit")
                .withMessageNotContaining("hunter2");
        assertThat(elsewhere
                        .withConnection(to -> to.withTls(SmtpProvider.Tls.NONE))
                        .isInPlainText())
                .isTrue();
        assertThat(SmtpProvider.of("a", "localhost", 25, "a@example.com")
                        .withCredentials("bob", "hunter2")
                        .isInPlainText())
                .isFalse();
    }

    @Test
    void aWrongSettingIsNamedWithItsRemedy() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SmtpProvider.of("a", "localhost", 0, "a@example.com"))
                .withMessageContaining("port")
                .withMessageContaining("1 and 65535");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SmtpProvider.of("a", "localhost", 25, "nobody"))
                .withMessageContaining("from");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> valid().withCredentials("bob", null))
                .withMessageContaining("password");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        valid().withConnection(to -> to.withMaxConnections(0)).withLimits(new SmtpLimits(1, 4096)))
                .withMessageContaining("max-connections");
    }

    @Test
    void theSendersDomainIsAnyThatDnsKnows() {
        SmtpProvider provider = SmtpProvider.of("a", "smtp.example.com", 587, "Post <hallo@faß.example>");

        assertThat(provider.sender().address()).isEqualTo("hallo@xn--fa-hia.example");
        assertThat(provider.connection().ehloName()).isEqualTo("xn--fa-hia.example");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SmtpProvider.of("a", "localhost", 25, "zoë@example.com"))
                .withMessageContaining("from is not a mailbox, it has a local part beyond ASCII");
    }

    private static SmtpProvider valid() {
        return SmtpProvider.of("a", "smtp.example.com", 587, "a@example.com");
    }
}
