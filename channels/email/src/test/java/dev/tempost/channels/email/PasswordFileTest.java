package dev.tempost.channels.email;

import static dev.tempost.channels.email.SmtpHarness.HEADERS;
import static dev.tempost.channels.email.SmtpHarness.NOON;
import static dev.tempost.channels.email.SmtpHarness.allowed;
import static dev.tempost.channels.email.SmtpHarness.row;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome.Accepted;
import dev.tempost.activities.channel.Outcome.ChannelDown;
import dev.tempost.channels.email.login.PasswordLogin;
import dev.tempost.channels.email.login.SecretFile;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class PasswordFileTest {

    private static final String SETTING = "tempost.providers.default.password-file";

    @TempDir
    Path root;

    private final ScriptedSmtpServer server = ScriptedSmtpServer.listening().requiringLogin("bob", "old");
    private Path file;
    private EmailChannel channel;

    @BeforeEach
    void open() {
        SmtpHarness.welcome(root);
        file = root.resolve("password");
        channel = new EmailChannel(
                Map.of(
                        "default",
                        SmtpHarness.provider(server)
                                .withLogin(new PasswordLogin("bob", new SecretFile(SETTING, file)))),
                new Templates(List.of(root), NOON),
                HEADERS,
                NOON);
    }

    @AfterEach
    void close() {
        channel.close();
        server.close();
    }

    @Test
    void aNewPasswordIsUsedByTheNextProbeAndTheNextConnection() throws IOException {
        Files.writeString(file, "old\n");
        assertThat(send()).isInstanceOf(Accepted.class);
        assertThat(channel.probe("default")).isEqualTo(new Health.Ready());

        server.requiringLogin("bob", "new");
        assertThat(send()).as("over the connection that is open").isInstanceOf(Accepted.class);
        server.dropConnections();
        assertThat(send()).isInstanceOf(ChannelDown.class);
        assertThat(channel.probe("default")).isInstanceOf(Health.Down.class);

        Files.writeString(file, "new\r\n");

        assertThat(channel.probe("default")).isEqualTo(new Health.Ready());
        assertThat(send()).isInstanceOf(Accepted.class);
    }

    @Test
    void aFileOfNoUseTakesTheProviderDownAndIsNamedWithoutItsContent() throws IOException {
        assertDown("does not exist: put the secret there");
        Files.writeString(file, "\n");
        assertDown("is empty: put the secret there");
        Files.writeString(file, "hunter2".repeat(4000));
        assertDown("has more than 16384 bytes: it holds something else than a secret");
        Files.write(file, new byte[] {'h', 'u', 'n', 't', 'e', 'r', '2', (byte) 0xff});
        assertDown("is not text in UTF-8: it holds something else than a secret");
        Files.delete(file);
        Files.createDirectory(file);
        assertDown("cannot be read (IOException): is it a file?");
        assertThat(server.commands()).as("nobody was asked").isEmpty();
    }

    private void assertDown(String what) {
        String expected = SETTING + ": file " + file + " " + what;
        assertThat(send()).isEqualTo(new ChannelDown("CredentialsRejected", expected));
        assertThat(channel.probe("default")).isEqualTo(new Health.Down("CredentialsRejected", expected));
        assertThat(expected).doesNotContain("hunter2");
    }

    private Object send() {
        return channel.send(row("ann@example.com"), allowed());
    }
}
