package dev.tempost.app.engine;

import dev.tempost.activities.channel.Loopback;
import dev.tempost.app.config.WebhookSettings;
import dev.tempost.channels.webhook.WebhookChannel;
import dev.tempost.channels.webhook.WebhookProvider;
import java.util.List;

/** The channel for webhooks, and the receivers that the configuration describes. */
final class WebhookProviders {

    private WebhookProviders() {}

    static List<ConfiguredProvider> build(Providers.Given given) {
        List<WebhookProvider> receivers = given.tempost().webhooks().entrySet().stream()
                .map(webhook -> receiver(webhook.getKey(), webhook.getValue()))
                .toList();
        WebhookChannel channel = new WebhookChannel(receivers, given.clock());
        return receivers.stream()
                .map(receiver ->
                        ConfiguredProvider.probed(receiver.name(), channel, receiver.maxConnections(), way(receiver)))
                .toList();
    }

    private static WebhookProvider receiver(String name, WebhookSettings settings) {
        String prefix = "tempost.webhooks." + name + ".";
        if (settings.url() == null) {
            throw new IllegalArgumentException(
                    prefix + "url is not set: name the receiver, for instance https://example.com/hook");
        }
        try {
            return new WebhookProvider(
                    name,
                    settings.url(),
                    settings.recipients(),
                    settings.secrets(),
                    settings.format(),
                    settings.headers(),
                    settings.timeout(),
                    settings.maxConnections(),
                    settings.allowPrivate());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(prefix + e.getMessage(), e);
        }
    }

    private static Way way(WebhookProvider receiver) {
        return new Way(
                Dependency.WEBHOOK,
                "webhook " + receiver.name(),
                List.of(receiver.server()),
                Way.Prelude.NONE,
                receiver.isInPlainText()
                        ? Loopback.is(receiver.server().getHostString()) ? Way.Protection.LOCAL : Way.Protection.PLAIN
                        : Way.Protection.VERIFIED,
                "let tempost.webhooks." + receiver.name() + ".url and recipients begin with https");
    }
}
