package dev.tempost.channels.email;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.testing.ChannelContract;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Mail is a channel like any other. */
class EmailContractTest extends ChannelContract {

    @TempDir
    Path root;

    private final ScriptedSmtpServer server = ScriptedSmtpServer.listening();
    private EmailChannel channel;

    @BeforeEach
    void aChannel() {
        SmtpHarness.welcome(root);
        channel = new EmailChannel(
                Map.of("default", SmtpHarness.provider(server)),
                new Templates(List.of(root), SmtpHarness.NOON),
                SmtpHarness.HEADERS,
                SmtpHarness.NOON);
    }

    @AfterEach
    void stop() {
        channel.close();
        server.close();
    }

    @Override
    protected Channel channel() {
        return channel;
    }

    @Override
    protected OutgoingMessage message(UUID key) {
        return new OutgoingMessage(
                7,
                key,
                "default",
                "welcome",
                PERSONAL + "@example.com",
                "{\"name\": \"" + PERSONAL + "\"}",
                "{}",
                "default");
    }

    @Override
    protected void refuse(String words) {
        server.atPhase(Phase.RCPT).reply("550 5.1.1 " + words);
    }

    @Override
    protected void putOff() {
        server.atPhase(Phase.RCPT).reply("451 4.7.1 try again later");
    }

    @Override
    protected void fallSilent() {
        server.afterDot().acceptThenHang();
    }

    @Override
    protected void breakOff() {
        server.afterDot().acceptThenClose();
    }

    @Override
    protected void goAway() {
        server.stop();
    }

    @Override
    protected void behave() {
        server.behave();
    }

    @Override
    protected int received() {
        return server.received();
    }
}
