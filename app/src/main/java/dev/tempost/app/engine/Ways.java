package dev.tempost.app.engine;

import dev.tempost.activities.channel.Loopback;
import dev.tempost.app.config.DatabaseUrl;
import dev.tempost.app.config.TemporalTarget;
import dev.tempost.app.config.TempostProperties.SchemaSettings;
import dev.tempost.app.engine.Way.Protection;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.spring.boot.autoconfigure.properties.ConnectionProperties;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;

/** The ways to all servers, as they are configured. */
public final class Ways {

    private Ways() {}

    /** Those to PostgreSQL: of the pool, and of migrations where they have one of their own. */
    public static List<Way> toPostgresql(DataSourceProperties pool, SchemaSettings schema) {
        List<Way> ways = new ArrayList<>();
        addPostgresql(ways, "spring.datasource.url", pool.determineUrl());
        addPostgresql(ways, "tempost.schema.url", schema.url());
        return ways;
    }

    private static void addPostgresql(List<Way> ways, String setting, @Nullable String url) {
        DatabaseUrl read = url == null ? null : DatabaseUrl.parse(setting, url);
        if (read != null) {
            Protection protection = !read.leavesThisMachine()
                    ? Protection.LOCAL
                    : switch (read.sslMode()) {
                        case VERIFY_FULL -> Protection.VERIFIED;
                        case VERIFY_CA, REQUIRE -> Protection.UNVERIFIED;
                        case DISABLE, ALLOW, PREFER -> Protection.PLAIN;
                    };
            ways.add(new Way(
                    Dependency.POSTGRESQL,
                    "postgresql",
                    read.servers(),
                    Way.Prelude.POSTGRESQL,
                    protection,
                    "let " + setting + " say sslmode=verify-full, or nothing, instead of sslmode="
                            + read.sslMode().value));
        }
    }

    /** That to Temporal. */
    public static Way toTemporal(WorkflowServiceStubsOptions options, ConnectionProperties settings) {
        InetSocketAddress server = TemporalTarget.server(options.getTarget());
        boolean tls = options.getSslContext() != null || options.getEnableHttps();
        ConnectionProperties.MTLSProperties mtls = settings.getMTLS();
        boolean trustsAnybody = mtls != null && Boolean.TRUE.equals(mtls.getInsecureTrustManager());
        Protection protection = Loopback.is(server.getHostString())
                ? Protection.LOCAL
                : !tls ? Protection.PLAIN : trustsAnybody ? Protection.UNVERIFIED : Protection.VERIFIED;
        return new Way(
                Dependency.TEMPORAL,
                "temporal",
                List.of(server),
                Way.Prelude.GRPC,
                protection,
                trustsAnybody
                        ? "leave out spring.temporal.connection.mtls.insecure-trust-manager"
                        : "set SPRING_TEMPORAL_CONNECTION_ENABLEHTTPS=true");
    }

    /** All of them. */
    static List<Way> of(
            DataSourceProperties pool,
            SchemaSettings schema,
            WorkflowServiceStubsOptions temporal,
            ConnectionProperties settings,
            Providers providers) {
        List<Way> ways = new ArrayList<>(toPostgresql(pool, schema));
        ways.add(toTemporal(temporal, settings));
        providers.all().forEach(provider -> ways.add(provider.way()));
        return ways;
    }
}
