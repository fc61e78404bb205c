package dev.tempost.channels.webhook;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.testing.ChannelContract;
import dev.tempost.channels.webhook.testing.Receiver;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;

/** A webhook is a channel like any other. */
class WebhookContractTest extends ChannelContract {

    private final Receiver receiver = Receiver.listening();
    private final WebhookChannel channel = Webhooks.channel(Webhooks.provider(receiver.url("/hook")));

    @AfterEach
    void stop() {
        channel.close();
        receiver.close();
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
                "contract.signed",
                PERSONAL + "@example.com",
                "{\"name\": \"" + PERSONAL + "\"}",
                "{}",
                "crm");
    }

    @Override
    protected void refuse(String words) {
        receiver.always(Receiver.status(422, "{\"error\": \"" + words + "\"}"));
    }

    @Override
    protected void putOff() {
        receiver.always(Receiver.status(503, "not now"));
    }

    @Override
    protected void fallSilent() {
        receiver.always(Receiver.silence());
    }

    @Override
    protected void breakOff() {
        receiver.always(Receiver.hangUp());
    }

    @Override
    protected void goAway() {
        receiver.close();
    }

    @Override
    protected void behave() {
        receiver.always(Receiver.status(200, ""));
    }

    @Override
    protected int received() {
        return receiver.requests().size();
    }
}
