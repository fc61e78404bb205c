package dev.tempost.app.engine;

import dev.tempost.activities.channel.Channel;
import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import io.temporal.client.WorkflowClient;
import java.time.Clock;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What this process sends through, of every channel. */
public final class Providers implements AutoCloseable {

    /**
     * What channels are built from.
     *
     * @param tempost the configuration
     * @param spring what Spring's own names say of mail
     * @param temporal Tempost's own Temporal
     * @param clock tells the time
     */
    record Given(TempostProperties tempost, SpringMail spring, WorkflowClient temporal, Clock clock) {}

    /** One channel. */
    interface ConfiguredChannel {

        /**
         * Builds it, with the providers that its part of the configuration describes.
         *
         * @throws IllegalArgumentException when that is of no use; names the setting
         */
        List<ConfiguredProvider> build(Given given);
    }

    // the channels: a line each
    private static final List<ConfiguredChannel> CHANNELS =
            List.of(MailProviders::build, WebhookProviders::build, WorkflowProviders::build);

    private final Map<String, ConfiguredProvider> providers = new LinkedHashMap<>();

    private Providers(List<ConfiguredProvider> providers) {
        providers.forEach(provider -> this.providers.put(provider.name(), provider));
    }

    /** Those that the configuration describes; each that an event type names is there. */
    public static Providers of(SpringMail spring, TempostProperties tempost, WorkflowClient temporal) {
        Given given = new Given(tempost, spring, temporal, Clock.systemUTC());
        Providers providers = new Providers(CHANNELS.stream()
                .flatMap(channel -> channel.build(given).stream())
                .toList());
        providers.requireKnown("tempost.delivery.provider", tempost.delivery().provider());
        tempost.eventTypes()
                .forEach((eventType, own) ->
                        providers.requireKnown("tempost.event-types." + eventType + ".provider", own.provider()));
        return providers;
    }

    /** For a process that sends nothing. */
    public static Providers none() {
        return new Providers(List.of());
    }

    private void requireKnown(String property, @Nullable String name) {
        if (name != null && !providers.containsKey(name)) {
            throw new IllegalArgumentException(property + " names provider '" + name + "', which does not exist: add"
                    + " tempost.providers." + name + " for mail, tempost.webhooks." + name
                    + " for a webhook or tempost.workflows." + name + " for a workflow, or name one of " + names());
        }
    }

    /** All of them. */
    public Collection<ConfiguredProvider> all() {
        return providers.values();
    }

    /** What event types call them. */
    public Set<String> names() {
        return providers.keySet();
    }

    /** Their channels, by the provider's name. */
    Map<String, Channel> channels() {
        return all().stream().collect(Collectors.toMap(ConfiguredProvider::name, ConfiguredProvider::channel));
    }

    @Override
    public void close() {
        all().stream().map(ConfiguredProvider::channel).distinct().forEach(Channel::close);
    }
}
