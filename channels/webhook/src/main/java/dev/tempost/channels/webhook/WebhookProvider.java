package dev.tempost.channels.webhook;

import dev.tempost.activities.channel.Loopback;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One receiver, or one group of them, and how to talk to it. */
public final class WebhookProvider {

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern VALUE = Pattern.compile("[ -~]*");
    private static final Pattern SECRET = Pattern.compile("authorization|cookie|.*(?:key|token|secret|password).*");
    private static final Set<String> OURS = Set.of(
            "connection",
            "content-length",
            "content-type",
            "expect",
            "host",
            "idempotency-key",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "user-agent",
            "webhook-id",
            "webhook-signature",
            "webhook-timestamp");

    private final String name;
    private final WebAddress address;
    private final List<WebAddress> recipients;
    private final Signatures signatures;
    private final BodyFormat format;
    private final Map<String, String> headers;
    private final Duration timeout;
    private final int maxConnections;
    private final boolean allowPrivate;

    /**
     * @param name what event types and the ledger call it
     * @param url where rows go that do not say otherwise
     * @param recipients where a row's recipient may lead: a URL each, which stands for itself and for what is below it
     * @param secrets what requests are signed with; of none, they are not
     * @param headers to send along, by name
     * @param timeout how long to wait for each part of an answer and, ten seconds at most, for a connection
     * @param allowPrivate whether it may be on this machine or in the network around it, and be spoken to in plain text
     * @throws IllegalArgumentException beginning with the setting that is of no use
     */
    public WebhookProvider(
            String name,
            String url,
            List<String> recipients,
            List<String> secrets,
            BodyFormat format,
            Map<String, String> headers,
            Duration timeout,
            int maxConnections,
            boolean allowPrivate) {
        this.name = name;
        this.allowPrivate = allowPrivate;
        this.address = address("url", url);
        this.recipients =
                recipients.stream().map(prefix -> address("recipients", prefix)).toList();
        this.recipients.forEach(prefix -> require(
                prefix.uri().getRawQuery() == null,
                "recipients",
                "has a URL with a query: leave it out, whatever query a row has is covered"));
        this.signatures = Signatures.of(secrets);
        this.format = format;
        this.headers = Map.copyOf(headers);
        this.headers.forEach(WebhookProvider::checkHeader);
        this.headers.keySet().forEach(this::checkSecret);
        this.timeout = timeout;
        this.maxConnections = maxConnections;
    }

    private WebAddress address(String setting, String url) {
        try {
            WebAddress parsed = WebAddress.of(url);
            require(
                    parsed.secure() || allowPrivate,
                    setting,
                    "would send in plain text: let it begin with https, or set allow-private to true for a receiver that"
                            + " nobody can stand in front of");
            return parsed;
        } catch (IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            throw new IllegalArgumentException(message.startsWith(setting) ? message : setting + " " + message, e);
        }
    }

    private static void checkHeader(String header, String value) {
        String lower = header.toLowerCase(Locale.ROOT);
        require(
                TOKEN.matcher(header).matches(),
                "headers",
                "has '" + header + "', which is no header's name: correct it");
        require(!OURS.contains(lower), "headers." + header, "is one that Tempost writes itself: leave it out");
        require(
                VALUE.matcher(value).matches(),
                "headers." + header,
                "has characters beyond printable ASCII: encode or leave them out");
    }

    /** As a mail server's password, none leaves this machine in plain text, whatever is allowed otherwise. */
    private void checkSecret(String header) {
        boolean readable = Stream.concat(Stream.of(address), recipients.stream())
                .anyMatch(to -> !to.secure() && !Loopback.is(to.host()));
        require(
                !readable || !SECRET.matcher(header.toLowerCase(Locale.ROOT)).matches(),
                "headers." + header,
                "would go in plain text: let url and recipients begin with https, or leave it out");
    }

    static void require(boolean holds, String setting, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(setting + " " + otherwise);
        }
    }

    /** What event types and the ledger call it. */
    public String name() {
        return name;
    }

    /** Where rows go that do not say otherwise. */
    public InetSocketAddress server() {
        return InetSocketAddress.createUnresolved(address.host(), address.port());
    }

    /** Whether some request goes in plain text. */
    public boolean isInPlainText() {
        return !address.secure() || recipients.stream().anyMatch(prefix -> !prefix.secure());
    }

    /** How many messages are sent to it at the same time, at most. */
    public int maxConnections() {
        return maxConnections;
    }

    WebAddress address() {
        return address;
    }

    List<WebAddress> recipients() {
        return recipients;
    }

    Signatures signatures() {
        return signatures;
    }

    BodyFormat format() {
        return format;
    }

    Map<String, String> headers() {
        return headers;
    }

    Duration timeout() {
        return timeout;
    }

    boolean allowPrivate() {
        return allowPrivate;
    }
}
