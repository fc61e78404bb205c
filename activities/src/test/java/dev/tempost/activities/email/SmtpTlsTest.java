package dev.tempost.activities.email;

import static dev.tempost.activities.email.SmtpHarness.NOON;
import static dev.tempost.activities.email.SmtpHarness.allowed;
import static dev.tempost.activities.email.SmtpHarness.row;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.Outcome.ChannelDown;
import dev.tempost.activities.channel.Outcome.Transient;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class SmtpTlsTest {

    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    @TempDir
    Path root;

    @BeforeEach
    void aTemplate() {
        SmtpHarness.welcome(root);
    }

    @Test
    void aCertificateNobodyVouchesForStopsTheChannel() throws Exception {
        SSLContext selfSigned = selfSigned();
        try (ServerSocket server = selfSigned.getServerSocketFactory().createServerSocket(0, 1, LOOPBACK)) {
            Thread.ofVirtual().start(() -> handshake(server));

            assertThat(sendTo(server)).isInstanceOfSatisfying(ChannelDown.class, down -> {
                assertThat(down.type()).isEqualTo("CredentialsRejected");
                assertThat(down.reply()).startsWith("TLS: ");
            });
        }
    }

    @Test
    void aConnectionLostDuringTheHandshakeIsTransient() throws Exception {
        try (var server = new ServerSocket(0, 1, LOOPBACK)) {
            Thread.ofVirtual().start(() -> hangUp(server));

            assertThat(sendTo(server))
                    .isInstanceOfSatisfying(
                            Transient.class, t -> assertThat(t.type()).isEqualTo("ProviderUnavailable"));
        }
    }

    private Outcome sendTo(ServerSocket server) {
        SmtpProvider provider = SmtpProvider.of("default", "127.0.0.1", server.getLocalPort(), "a@example.com")
                .withConnection(to -> to.withTls(SmtpProvider.Tls.IMPLICIT))
                .withConnection(
                        to -> to.withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(5)));
        try (var channel = new EmailChannel(Map.of("default", provider), new Templates(List.of(root), NOON), NOON)) {
            return channel.send(row("ann@example.com"), allowed());
        }
    }

    private static void handshake(ServerSocket server) {
        try (Socket client = server.accept()) {
            ((SSLSocket) client).startHandshake();
        } catch (IOException e) {
            // the client refused the certificate
        }
    }

    private static void hangUp(ServerSocket server) {
        try (Socket client = server.accept()) {
            client.getInputStream().read();
        } catch (IOException e) {
            // as good as hung up
        }
    }

    private SSLContext selfSigned() throws Exception {
        Path store = root.resolve("store.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=127.0.0.1",
                        "-ext",
                        "SAN=IP:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, "changeit".toCharArray());
        }
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, "changeit".toCharArray());
        var context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }
}
