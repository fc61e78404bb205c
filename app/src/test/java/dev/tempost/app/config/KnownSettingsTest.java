package dev.tempost.app.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

class KnownSettingsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tempost.temporal.task-queue",
                "tempost.temporal.taskQueue",
                "tempost.roles",
                "tempost.roles[0]",
                "tempost.providers",
                "tempost.providers.fast.host",
                "tempost.event-types[contract.signed].provider",
                "tempost.webhooks.crm.headers.Authorization",
                "tempost.webhooks.crm.secrets[1]",
                "TEMPOST_WEBHOOKS_CRM_SECRETS_0",
                "TEMPOST_TEMPORAL_TASKQUEUE",
                "TEMPOST_TEMPORAL_TASK_QUEUE",
                "TEMPOST_ROLES_0",
                "TEMPOST_PROVIDERS_FAST_MAXCONNECTIONS",
                "TEMPOST_JAVA_HOME",
                "TEMPOST_SERVICE_HOST",
                "TEMPOST_METRICS_PORT_8080_TCP_ADDR"
            })
    void whatSpringWouldTakeIsKnownAndSoIsWhatKubernetesSays(String name) {
        assertThatCode(() -> KnownSettings.requireIn(with(name))).doesNotThrowAnyException();
    }

    @Test
    void theNearestNameIsNamed() {
        assertThatThrownBy(() -> KnownSettings.requireIn(with("tempost.providers.fast.hots")))
                .hasMessageContaining("meant to be tempost.providers.fast.host?");
        assertThatThrownBy(() -> KnownSettings.requireIn(with("tempost.mail.from")))
                .hasMessageContaining("meant to be tempost.providers.default.from?");
        assertThatThrownBy(() -> KnownSettings.requireIn(with("TEMPOST_TEMPLATE")))
                .hasMessageContaining("meant to be TEMPOST_TEMPLATES?");
    }

    private static StandardEnvironment with(String name) {
        Map<String, Object> values = Map.of(name, "1");
        String variables = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
        StandardEnvironment environment = new StandardEnvironment();
        MutablePropertySources sources = environment.getPropertySources();
        sources.replace(variables, new SystemEnvironmentPropertySource(variables, Map.of()));
        if (name.startsWith("TEMPOST_")) {
            sources.replace(variables, new SystemEnvironmentPropertySource(variables, values));
        } else {
            sources.addLast(new MapPropertySource("file", values));
        }
        return environment;
    }
}
