package dev.tempost.app.config;

import dev.tempost.activities.channel.Loopback;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.jdbc.SslMode;
import org.postgresql.ssl.DefaultJavaSSLFactory;
import org.postgresql.util.PSQLException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * A JDBC URL of PostgreSQL, as the driver reads it.
 *
 * @param servers the hosts it names, and their ports
 * @param sslMode how the connection is protected
 */
public record DatabaseUrl(List<InetSocketAddress> servers, SslMode sslMode) {

    private static final List<String> OURS = List.of("spring.datasource.url", "tempost.schema.url");
    private static final String PROPERTIES = "spring.datasource.hikari.data-source-properties";

    /** Whether one of the servers is not on this machine. */
    public boolean leavesThisMachine() {
        return !servers.stream().map(InetSocketAddress::getHostString).allMatch(Loopback::is);
    }

    /**
     * Reads one; null when it is none of PostgreSQL's.
     *
     * @param name of the setting that holds it
     * @throws IllegalArgumentException when it has no such {@code sslmode}; names the setting
     */
    public static @Nullable DatabaseUrl parse(String name, String url) {
        Properties parsed = Driver.parseURL(url, null);
        return parsed == null ? null : new DatabaseUrl(servers(parsed), sslMode(name, parsed));
    }

    /**
     * Has the URLs in the settings say how the connection is protected, where they leave it open: by TLS with the server's
     * certificate and name verified, unless every server is on this machine. The driver's own default would take plain text
     * from anybody who claims to have nothing better. Whatever opens a connection opens it by these URLs.
     *
     * @throws IllegalArgumentException when one has no such {@code sslmode}; names the setting
     */
    public static void completeIn(ConfigurableEnvironment environment) {
        Binder settings = Binder.get(environment);
        Map<String, String> said = settings.bind(PROPERTIES, Bindable.mapOf(String.class, String.class))
                .orElse(Map.of());
        Map<String, Object> completed = new HashMap<>();
        for (String name : OURS) {
            settings.bind(name, String.class).ifBound(url -> {
                String complete = completed(name, url, said);
                if (!complete.equals(url)) {
                    completed.put(name, complete);
                }
            });
        }
        environment.getPropertySources().addFirst(new MapPropertySource("protection of the database", completed));
    }

    static String completed(String name, String url, Map<String, String> said) {
        Properties parsed = Driver.parseURL(url, null);
        if (parsed == null) {
            return url;
        }
        String complete = url;
        // the pool's properties reach only the pool
        for (String property : said.keySet().stream().sorted().toList()) {
            if (property.startsWith("ssl") && parsed.getProperty(property) == null) {
                complete = with(complete, property, String.valueOf(said.get(property)));
            }
        }
        Properties all = Objects.requireNonNull(Driver.parseURL(complete, null));
        DatabaseUrl read = new DatabaseUrl(servers(all), sslMode(name, all));
        if (!saysAny(all, PGProperty.SSL_MODE, PGProperty.SSL) && read.leavesThisMachine()) {
            complete = with(complete, PGProperty.SSL_MODE.getName(), SslMode.VERIFY_FULL.value);
            read = new DatabaseUrl(read.servers, SslMode.VERIFY_FULL);
        }
        boolean namesCertificates =
                saysAny(all, PGProperty.SSL_FACTORY, PGProperty.SSL_ROOT_CERT, PGProperty.SSL_CERT, PGProperty.SSL_KEY);
        if (read.sslMode.verifyCertificate() && !namesCertificates && !Files.exists(rootCertificate())) {
            // otherwise the driver gives up for want of the file
            complete = with(complete, PGProperty.SSL_FACTORY.getName(), DefaultJavaSSLFactory.class.getName());
        }
        return complete;
    }

    private static Path rootCertificate() {
        return Path.of(System.getProperty("user.home"), ".postgresql", "root.crt");
    }

    private static String with(String url, String property, String value) {
        return url + (url.contains("?") ? "&" : "?") + property + "="
                + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private static boolean saysAny(Properties parsed, PGProperty... properties) {
        return Stream.of(properties).anyMatch(property -> parsed.getProperty(property.getName()) != null);
    }

    private static SslMode sslMode(String name, Properties parsed) {
        try {
            return SslMode.of(parsed);
        } catch (PSQLException e) {
            // and nothing of the driver's own words, by which the server would be to blame
            throw new IllegalArgumentException(name + ": sslmode is '" + PGProperty.SSL_MODE.getOrDefault(parsed)
                    + "': give one of "
                    + Arrays.stream(SslMode.values()).map(mode -> mode.value).toList() + ".");
        }
    }

    private static List<InetSocketAddress> servers(Properties parsed) {
        String[] hosts = String.valueOf(PGProperty.PG_HOST.getOrDefault(parsed)).split(",", -1);
        String[] ports = String.valueOf(PGProperty.PG_PORT.getOrDefault(parsed)).split(",", -1);
        List<InetSocketAddress> servers = new ArrayList<>();
        for (int i = 0; i < hosts.length; i++) {
            servers.add(InetSocketAddress.createUnresolved(
                    hosts[i], Integer.parseInt(ports[Math.min(i, ports.length - 1)])));
        }
        return servers;
    }
}
