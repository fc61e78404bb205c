package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class ProvidersTest {

    // nobody is there, and nobody asks
    private static final WorkflowClient TEMPORAL = WorkflowClient.newInstance(WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget("127.0.0.1:1").build()));
    private static final Map<String, String> MAIL = Map.of("tempost.providers.default.from", "mail@example.com");

    @Test
    void aProviderThatDoesNotExistIsNamed() {
        assertThatThrownBy(() -> providers(Map.of("tempost.event-types.news.provider", "bulk")))
                .hasMessageContaining("tempost.event-types.news.provider names provider 'bulk'")
                .hasMessageContaining("[default]");
    }

    @Test
    void mailServersShareTheirChannel() {
        try (Providers providers = providers(
                Map.of("tempost.providers.ses.host", "ses.example", "tempost.providers.ses.from", "ses@example.com"))) {
            assertThat(providers.names()).containsExactly("default", "ses");
            assertThat(providers.all())
                    .extracting(provider -> provider.way().part())
                    .containsOnly(Dependency.SMTP);
            assertThat(providers.channels().get("ses"))
                    .isSameAs(providers.channels().get("default"));
        }
    }

    @Test
    void aWorkflowIsAProviderAndItsWayIsThatOfItsTemporal() {
        try (Providers providers = providers(Map.of(
                "tempost.workflows.orders.workflow-type", "OrderWorkflow",
                "tempost.workflows.orders.task-queue", "orders",
                "tempost.workflows.far.action", "signal-with-start",
                "tempost.workflows.far.signal", "placed",
                "tempost.workflows.far.workflow-type", "OrderWorkflow",
                "tempost.workflows.far.task-queue", "orders",
                "tempost.workflows.far.workflow-id", "order-{payload.orderId}",
                "tempost.workflows.far.target", "temporal.example.org:7233",
                "tempost.workflows.far.max-connections", "3"))) {
            assertThat(providers.all())
                    .filteredOn(provider -> provider.way().part() == Dependency.WORKFLOW)
                    .extracting(
                            ConfiguredProvider::name,
                            ConfiguredProvider::places,
                            provider -> provider.way().protection())
                    .containsExactlyInAnyOrder(
                            tuple("orders", 16, Way.Protection.LOCAL), tuple("far", 3, Way.Protection.VERIFIED));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        task-queue=orders                                                    | orders.workflow-type is not set
        workflow-type=Order                                                  | orders.task-queue is not set
        action=signal, signal=x                                              | orders.workflow-id is not set
        action=signal, workflow-id=a                                         | orders.signal is not set
        workflow-type=Order, task-queue=orders, workflow-id={orderId}        | orders.workflow-id is '{orderId}'
        workflow-type=O, task-queue=o, id-conflict-policy=terminate-existing | orders.id-conflict-policy is terminate-existing
        action=signal, signal=x, workflow-id=a, id-conflict-policy=fail      | orders.id-conflict-policy is for action start
        workflow-type=O, task-queue=o, api-key=k                             | orders.target is not set
        workflow-type=O, task-queue=o, target=t.example:1, tls=false, api-key=k | orders.tls is false
        workflow-type=O, task-queue=o, target=nowhere                        | orders.target is 'nowhere'
        """)
    void aWorkflowThatCannotBeStartedStopsTheStartAndNamesTheSetting(String settings, String message) {
        Map<String, String> workflow = Arrays.stream(settings.split(", ", -1))
                .map(setting -> setting.split("=", 2))
                .collect(Collectors.toMap(setting -> "tempost.workflows.orders." + setting[0], setting -> setting[1]));

        assertThatThrownBy(() -> providers(workflow)).hasMessageStartingWith("tempost.workflows." + message);
    }

    @Test
    void whoSendsNoMailNeedsNoMailServer() {
        Map<String, String> settings = Map.of(
                "tempost.delivery.provider", "orders",
                "tempost.workflows.orders.workflow-type", "OrderWorkflow",
                "tempost.workflows.orders.task-queue", "orders");
        try (Providers providers = of(settings)) {
            assertThat(providers.names()).containsExactly("orders");
        }
    }

    @Test
    void aWebhookIsAProviderLikeAnyOther() {
        try (Providers providers = providers(Map.of(
                "tempost.webhooks.crm.url", "https://crm.example/hook",
                "tempost.webhooks.crm.headers.Authorization", "Bearer t0ken",
                "tempost.webhooks.crm.secrets[0]", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "tempost.webhooks.crm.max-connections", "3",
                "tempost.event-types.signed.provider", "crm"))) {
            assertThat(providers.names()).containsExactly("default", "crm");
            assertThat(providers.all())
                    .filteredOn(provider -> provider.name().equals("crm"))
                    .singleElement()
                    .satisfies(crm -> {
                        assertThat(crm.channel().name()).isEqualTo("webhook");
                        assertThat(crm.places()).isEqualTo(3);
                        assertThat(crm.way().isProtected()).isTrue();
                        assertThat(crm.way().says()).contains("crm.example");
                    });
        }
    }

    @Test
    void aNameIsOfOneChannel() {
        assertThatThrownBy(() -> providers(Map.of("tempost.workflows.default.workflow-type", "OrderWorkflow")))
                .hasStackTraceContaining("tempost.workflows.default: there is tempost.providers.default, too");
    }

    @Test
    void whatIsWrongWithAWebhookIsNamed() {
        assertThatThrownBy(() -> providers(Map.of("tempost.webhooks.crm.format", "payload")))
                .hasMessageStartingWith("tempost.webhooks.crm.url is not set");
        assertThatThrownBy(() -> providers(Map.of("tempost.webhooks.crm.url", "http://crm.example/")))
                .hasMessageStartingWith("tempost.webhooks.crm.url would send in plain text");
        assertThatThrownBy(() -> providers(Map.of(
                        "tempost.webhooks.crm.url", "https://crm.example/", "tempost.webhooks.crm.secrets", "s3cret")))
                .hasMessageStartingWith("tempost.webhooks.crm.secrets[0] is no secret")
                .hasMessageNotContaining("s3cret");
    }

    private static Providers providers(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(MAIL);
        settings.putAll(more);
        return of(settings);
    }

    private static Providers of(Map<String, String> settings) {
        return Providers.of(
                new SpringMail("spring.example", 2525, null, null),
                new Binder(new MapConfigurationPropertySource(settings))
                        .bindOrCreate("tempost", TempostProperties.class),
                TEMPORAL);
    }
}
