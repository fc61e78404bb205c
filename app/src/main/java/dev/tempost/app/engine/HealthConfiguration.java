package dev.tempost.app.engine;

import com.zaxxer.hikari.HikariDataSource;
import dev.tempost.app.routing.Deliveries;
import dev.tempost.channels.email.SmtpProvider;
import dev.tempost.outbox.database.ServerRole;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.client.WorkflowClient;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What this process depends on, how it is asked, and whether the process is ready. */
@Configuration(proxyBeanMethods = false)
class HealthConfiguration {

    private static final int LOOK_TIMEOUT_SECONDS = 3;

    @Bean
    DependencyHealth parts(
            DataSource dataSource,
            WorkflowClient client,
            Map<String, SmtpProvider> smtpProviders,
            Deliveries deliveries,
            EngineTimes times) {
        Map<Dependency, DependencyHealth.Check> checks = new EnumMap<>(Dependency.class);
        checks.put(Dependency.POSTGRESQL, () -> {
            ServerRole role = ServerRole.of(dataSource, Duration.ofSeconds(LOOK_TIMEOUT_SECONDS));
            if (role != ServerRole.PRIMARY) {
                // those that only read would never notice
                dataSource.unwrap(HikariDataSource.class).getHikariPoolMXBean().softEvictConnections();
                throw new IllegalStateException("the server is " + role.words());
            }
        });
        checks.put(
                Dependency.TEMPORAL,
                () -> client.getWorkflowServiceStubs()
                        .blockingStub()
                        .withDeadlineAfter(LOOK_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                        .describeNamespace(DescribeNamespaceRequest.newBuilder()
                                .setNamespace(client.getOptions().getNamespace())
                                .build()));
        Map<String, SmtpGreeting> mailServers = new TreeMap<>();
        smtpProviders.forEach((name, provider) -> {
            if (deliveries.providers().contains(name)) {
                mailServers.put(
                        name,
                        new SmtpGreeting(
                                provider.host(),
                                provider.port(),
                                provider.connection().tls() == SmtpProvider.Tls.IMPLICIT,
                                LOOK_TIMEOUT_SECONDS * 1000));
            }
        });
        if (!mailServers.isEmpty()) {
            checks.put(Dependency.SMTP, SmtpGreeting.all(mailServers));
        }
        DependencyHealth parts = new DependencyHealth(checks);
        parts.watch(times::betweenLooks);
        return parts;
    }

    @Bean
    Readiness readiness(Engine engine, DependencyHealth parts) {
        return new Readiness(engine, parts);
    }

    @Bean
    CompositeHealthContributor tempostHealthContributor(Readiness readiness) {
        return readiness.contributor();
    }
}
