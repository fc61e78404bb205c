package dev.tempost.channels.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.testing.Attempt;
import dev.tempost.channels.webhook.testing.Receiver;
import dev.tempost.workflows.FailureType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a request must not go, however somebody spells it. */
@Timeout(60)
class HostileAddressesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.1.2.3",
                "127.255.255.255",
                "10.0.0.1",
                "10.255.255.255",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.0.1",
                "192.168.255.255",
                "100.64.0.1",
                "100.127.255.255",
                "[::1]",
                "[fc00::1]",
                "[fd12:3456:789a::1]",
                "[fdff:ffff::1]",
                "[::ffff:127.0.0.1]",
                "[::ffff:10.0.0.1]",
                "[::ffff:7f00:1]",
                "[::ffff:c0a8:1]",
                "[64:ff9b::127.0.0.1]",
                "[64:ff9b::a00:1]",
                "[64:ff9b::c0a8:1]",
                "[2002:7f00:1::]",
                "[2002:a00:1::1]",
                "[2002:c0a8:1::]",
                "[2002:6440:1::]"
            })
    void whatIsPrivateIsRefusedUnlessItIsAllowed(String host) throws Exception {
        assertThatNothingIsSentTo(host);
        InetAddress address = InetAddress.getByName(host.replaceAll("[\\[\\]]", ""));
        assertThatCode(() -> new GuardedResolver(name -> new InetAddress[] {address}, true).resolve("hooks.example"))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "169.254.0.1",
                "169.254.170.2",
                "0.0.0.0",
                "0.1.2.3",
                "100.100.100.200",
                "168.63.129.16",
                "192.0.0.1",
                "192.0.2.1",
                "198.18.0.1",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "239.255.255.250",
                "240.0.0.1",
                "255.255.255.255",
                "[::]",
                "[fe80::1]",
                "[febf::1]",
                "[fec0::1]",
                "[ff02::1]",
                "[ff0e::1]",
                "[fd00:ec2::254]",
                "[fd20:ce::254]",
                "[::ffff:169.254.169.254]",
                "[::ffff:0.0.0.0]",
                "[::ffff:a9fe:a9fe]",
                "[::127.0.0.1]",
                "[::a9fe:a9fe]",
                "[::ffff:0:127.0.0.1]",
                "[64:ff9b::169.254.169.254]",
                "[64:ff9b:1::1]",
                "[2002:a9fe:a9fe::]",
                "[2001::1]",
                "[2001:db8::1]",
                "[3fff::1]",
                "[100::1]"
            })
    void whatNoRequestIsForIsRefusedEvenThen(String host) throws Exception {
        assertThatNothingIsSentTo(host);
        InetAddress address = InetAddress.getByName(host.replaceAll("[\\[\\]]", ""));
        assertThatThrownBy(
                        () -> new GuardedResolver(name -> new InetAddress[] {address}, true).resolve("hooks.example"))
                .isInstanceOf(GuardedResolver.Refused.class);
    }

    /** As the provider's own address, and as what a name says. */
    private static void assertThatNothingIsSentTo(String host) throws Exception {
        InetAddress address = InetAddress.getByName(host.replaceAll("[\\[\\]]", ""));
        assertRefused(Webhooks.channel(Webhooks.provider("https://" + host + "/", false)));
        assertRefused(Webhooks.channel(
                Webhooks.provider("https://hooks.example/", false), name -> new InetAddress[] {address}));
        assertRefused(Webhooks.channel(Webhooks.provider("https://hooks.example/", false), name ->
                new InetAddress[] {InetAddress.ofLiteral("93.184.215.14"), address}));
    }

    private static void assertRefused(WebhookChannel channel) {
        try (channel) {
            Attempt attempt = Attempt.allowed();
            assertThat(channel.send(Webhooks.row(null), attempt))
                    .isInstanceOfSatisfying(Outcome.ChannelDown.class, down -> {
                        assertThat(down.type()).isEqualTo(FailureType.PROTOCOL_ERROR);
                        assertThat(down.reply()).startsWith("nothing was sent: the host has a");
                    });
            assertThat(attempt.asked()).isFalse();
            assertThat(channel.probe("crm")).isInstanceOf(Health.Down.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://0177.0.0.1/",
                "http://0x7f.0.0.1/",
                "http://0x7f000001/",
                "http://2130706433/",
                "http://017700000001/",
                "http://127.1/",
                "http://127.0.1/",
                "http://127.0.0.01/",
                "http://127.0.0.1./",
                "http://127.0.0.256/",
                "http://0/",
                "http://0x0/",
                "http://169.254.43518/",
                "http://[::1%25lo]/",
                "http://[fe80::1%25eth0]/",
                "http://[::1",
                "http://[v1.fe80::a+en1]/",
                "http://user@127.0.0.1/",
                "http://example.com@127.0.0.1/",
                "http://user:password@example.com/",
                "http://127.0.0.1\\@example.com/",
                "http://example.com\\.evil.example/",
                "http://example.com%00.evil.example/",
                "http://exa mple.com/",
                "http://exämple.com/",
                "http://127。0。0。1/",
                "http://①②⑦.0.0.1/",
                "http://%31%32%37.0.0.1/",
                "http://example.com./",
                "http://under_score.example/",
                "http://-dash.example/",
                "http://example.com:0/",
                "http://example.com:65536/",
                "http://example.com:/",
                "http://example.com:80x/",
                "http:///path",
                "http://",
                "http:/127.0.0.1/",
                "//127.0.0.1/",
                "127.0.0.1",
                "https:127.0.0.1",
                "https://example.com/#fragment",
                "https://example.com/\r\nX-Evil: 1",
                "https://example.com/\u0000",
                "ftp://example.com/",
                "file:///etc/passwd",
                "gopher://127.0.0.1:25/_HELO",
                "jar:http://example.com!/",
                "javascript:alert(1)",
                "unix:/var/run/docker.sock",
                "HTTPS//example.com",
                ""
            })
    void anOddSpellingIsNoAddress(String url) {
        assertThatThrownBy(() -> WebAddress.of(url)).isInstanceOf(IllegalArgumentException.class);
        assertThat(send(Webhooks.provider("https://hooks.example/", false, "https://hooks.example/"), url + "://"))
                .as("as a row's recipient")
                .isInstanceOfSatisfying(Outcome.Permanent.class, failed -> {
                    assertThat(failed.type()).isEqualTo(FailureType.RECIPIENT_INVALID);
                    assertThat(failed.reply()).startsWith("column recipient");
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://hooks.example/b",
                "https://hooks.example/ab",
                "https://hooks.example/a/../b",
                "https://hooks.example/a/%2e%2e/b",
                "https://hooks.example/a/..%2fb",
                "https://hooks.example/a//b",
                "https://hooks.example/a/./b",
                "https://hooks.example/a/..",
                "https://hooks.example:8443/a",
                "http://hooks.example/a",
                "https://hooks.example.evil.example/a",
                "https://evil.example/https://hooks.example/a",
                "https://evil-hooks.example/a",
                "https://127.0.0.1/a"
            })
    void aRecipientOutsideOfTheListFails(String recipient) {
        assertThat(send(Webhooks.provider("https://hooks.example/", false, "https://hooks.example/a"), recipient))
                .isInstanceOfSatisfying(Outcome.Permanent.class, failed -> {
                    assertThat(failed.reached()).isFalse();
                    assertThat(failed.reply()).startsWith("column recipient ").doesNotContain("hooks.example");
                });
    }

    @Test
    void aRecipientThatIsAnAddressFailsWhereNoneAreAllowed() {
        assertThat(send(Webhooks.provider("https://hooks.example/", false), "https://hooks.example/"))
                .isInstanceOf(Outcome.Permanent.class);
    }

    private static Outcome send(WebhookProvider provider, String recipient) {
        try (WebhookChannel channel = Webhooks.channel(provider, name -> {
            throw new AssertionError("nobody is to be asked for " + name);
        })) {
            return channel.send(Webhooks.row(recipient), Attempt.allowed());
        }
    }

    @Test
    void whatTheNameSaidFirstIsWhatIsConnectedTo() {
        try (Receiver receiver = Receiver.listening()) {
            Queue<String> says = new ArrayDeque<>(List.of("127.0.0.1", "169.254.169.254"));
            WebhookProvider provider = Webhooks.provider("http://hooks.example:" + receiver.port() + "/");
            try (WebhookChannel channel = Webhooks.channel(
                    provider, name -> new InetAddress[] {InetAddress.ofLiteral(String.valueOf(says.poll()))})) {
                assertThat(channel.send(Webhooks.row(null), Attempt.allowed())).isInstanceOf(Outcome.Accepted.class);
            }
            assertThat(says).as("asked once").hasSize(1);
            assertThat(receiver.requests())
                    .singleElement()
                    .extracting(request -> request.header("host"))
                    .isEqualTo("hooks.example:" + receiver.port());
        }
    }

    @Test
    void anUnknownNameIsTheProvidersFault() {
        try (WebhookChannel channel = Webhooks.channel(Webhooks.provider("https://hooks.example/", false), name -> {
            throw new UnknownHostException(name);
        })) {
            assertThat(channel.send(Webhooks.row(null), Attempt.allowed()))
                    .isInstanceOfSatisfying(
                            Outcome.Transient.class,
                            away -> assertThat(away.reply()).isEqualTo("the host name is unknown"));
        }
    }
}
