package dev.tempost.app.engine;

import com.zaxxer.hikari.HikariDataSource;
import dev.tempost.app.routing.Deliveries;
import dev.tempost.outbox.database.ServerRole;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.client.WorkflowClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
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
            Providers providers,
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
        Set<String> used = deliveries.providers();
        providers.all().stream()
                .filter(provider -> used.contains(provider.name()))
                .collect(Collectors.groupingBy(provider -> provider.way().part()))
                .forEach((part, ofPart) -> checks.put(part, () -> look(ofPart)));
        DependencyHealth parts = new DependencyHealth(checks);
        parts.watch(times::betweenLooks);
        return parts;
    }

    /** Looks at one after the other; a failure names the provider. */
    private static void look(List<ConfiguredProvider> providers) throws IOException {
        List<String> failures = new ArrayList<>();
        for (ConfiguredProvider provider : providers) {
            try {
                provider.sign().look();
            } catch (Exception e) {
                failures.add("provider " + provider.name() + ", " + e.getMessage());
            }
        }
        if (!failures.isEmpty()) {
            throw new IOException(String.join("; ", failures));
        }
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
