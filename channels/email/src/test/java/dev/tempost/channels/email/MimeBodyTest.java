package dev.tempost.channels.email;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MimeBodyTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "two\nlines\n",
                "windows\r\nlines\r\n\r\n",
                "old mac\rlines",
                "trailing blank \nand tab\t\n",
                "equals = sign, =3D and Grüße 🎉",
                "..\n.\nFrom the start",
                "nul \u0000 and bell \u0007"
            })
    void anotherReaderGetsTheSameText(String text) throws Exception {
        assertThat(readBack(text)).isEqualTo(normalised(text));
        String wide = text + "ü" + "x".repeat(3000) + " " + text + "€".repeat(500);
        assertThat(readBack(wide)).isEqualTo(normalised(wide));
    }

    @Test
    void noLineIsLongerThanMailAllows() {
        assertThat(written("€ ".repeat(2000) + "=".repeat(500) + "x".repeat(2000))
                        .split("\r\n"))
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(76));
    }

    private static String normalised(String text) {
        return (text.replace("\r\n", "\n").replace('\r', '\n') + "\n").replace("\n", "\r\n");
    }

    private static String readBack(String text) throws Exception {
        var in = new ByteArrayInputStream(written(text).getBytes(StandardCharsets.US_ASCII));
        return (String) new MimeMessage(Session.getInstance(new Properties()), in).getContent();
    }

    private static String written(String text) {
        var content = new MailContent(1 << 20);
        MimeBody.writePart(content, "plain", text);
        return bytes(content).toString(StandardCharsets.US_ASCII);
    }

    private static ByteArrayOutputStream bytes(MailContent content) {
        var bytes = new ByteArrayOutputStream();
        try {
            content.writeTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes;
    }
}
