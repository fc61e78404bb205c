package dev.tempost.app.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.config.WebhookSettings;
import dev.tempost.app.config.WorkflowSettings;
import java.io.InputStream;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.DefaultValue;

/** {@code docs/configuration.md} says what the records say. */
class ConfigurationReferenceTest {

    private static final Path SOURCES = Path.of("src", "main", "java", "dev", "tempost", "app", "config");
    private static final Set<String> PRIMITIVE = Set.of("int", "double", "boolean");
    private static final Path PAGE = Path.of("..", "docs", "configuration.md");
    private static final String HEAD = """
        # Configuration

        Generated from the configuration records; to write it anew:
        `./mvnw -q -pl app -am test -Dtest=ConfigurationReferenceTest -Dreference=write -Dsurefire.failIfNoSpecifiedTests=false`.

        Every property can be set in `application.yaml` in the working directory or in `./config`, on the command line, or in the
        environment: `tempost.worker.grace` becomes `TEMPOST_WORKER_GRACE`, `tempost.delivery.max-interval` becomes
        `TEMPOST_DELIVERY_MAXINTERVAL`, without its hyphen. Durations are written `500ms`, `30s`, `15m`, `1h`. A wrong value stops the start and is named.

        Tempost also obeys Spring's own names:

        | Property | Meaning | Default |
        |---|---|---|
        | `spring.datasource.url`, `.username`, `.password` | The PostgreSQL database. Of several hosts, as in `jdbc:postgresql://one:5432,two:5432/app`, the primary is found, unless the URL says `targetServerType`. [TLS](operations.md#protected-connections), unless it says `sslmode` | `jdbc:postgresql://127.0.0.1:5432/postgres`, `tempost`, none |
        | `spring.temporal.connection.target` | Temporal's frontend, `host:port` | `127.0.0.1:7233` |
        | `spring.temporal.connection.enable-https`, `.mtls.*`, `.api-key` | TLS to Temporal, [and who we are](operations.md#protected-connections) | `false`, none, none |
        | `spring.temporal.namespace` | The namespace; it must exist | `default` |
        | `server.address`, `server.port` | Where console, ops API, health and metrics are served | `127.0.0.1`, `8080` |
        | `management.server.port` | [A port of their own](operations.md#a-replica-is-not-ready) for health and metrics | none |
        | `spring.security.oauth2.client` | [Login to the console](ops-api.md#login-by-openid-connect) by your identity provider | none |
        | `spring.security.oauth2.resourceserver.jwt` | [Its tokens](ops-api.md#who-may) for programs that call the ops API | none |
        | `logging.level.dev.tempost` | How much Tempost says | `info` |

        """;
    private static final String SPRING_MAIL = """
        ## `spring.mail`

        What the provider `default` does not say itself under `tempost.providers.default`.

        """;
    // of them ten say where a webhook goes, and eighteen which workflow of one's own is started, most in Temporal's own
    // words
    private static final int MOST = 79;
    // its keys are nobody's choice
    private static final String BY_STATUS = "java.util.Map<dev.tempost.outbox.rows.RowStatus,";

    @Test
    void thereIsNotMoreToSetThanAnybodyCanRead() throws Exception {
        assertThat(Stream.of(
                                properties("spring.mail"),
                                properties("tempost"),
                                components(TempostProperties.Provider.class, "tempost.providers.<name>"),
                                components(WebhookSettings.class, "tempost.webhooks.<name>"),
                                components(WorkflowSettings.class, "tempost.workflows.<name>"),
                                components(TempostProperties.Tenant.class, "tempost.tenants.<name>"),
                                ofEventTypesAlone())
                        .flatMap(settings -> settings.keySet().stream()))
                .as("settings; most of an event type's are those of tempost.delivery")
                .hasSizeLessThanOrEqualTo(MOST);
    }

    @Test
    void thePageIsUpToDate() throws Exception {
        String page = HEAD + SPRING_MAIL + table(properties("spring.mail")) + "\n## `tempost`\n\n"
                + table(properties("tempost")) + below();

        if ("write".equals(System.getProperty("reference"))) {
            Files.writeString(PAGE, page);
        }

        assertThat(PAGE).content().as("docs/configuration.md").isEqualTo(page);
    }

    private static String table(SortedMap<String, String> rows) {
        return "| Property | Type | Meaning | Default |\n|---|---|---|---|\n" + String.join("", rows.values());
    }

    /** Rows of the table, by the property; without those whose keys are names, which have tables of their own. */
    private static SortedMap<String, String> properties(String prefix) throws Exception {
        SortedMap<String, String> rows = new TreeMap<>();
        try (InputStream content = Objects.requireNonNull(
                TempostProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json"))) {
            for (JsonNode property : new ObjectMapper().readTree(content).path("properties")) {
                String name = property.path("name").asText();
                String type = property.path("type").asText();
                if (type.startsWith(BY_STATUS)) {
                    name += ".<status>";
                    type = type.substring(BY_STATUS.length()).replace(">", "");
                }
                if (name.startsWith(prefix + ".") && !type.startsWith("java.util.Map")) {
                    rows.put(
                            name,
                            row(
                                    name,
                                    type(type),
                                    property.path("description").asText(),
                                    value(property.path("defaultValue"))));
                }
            }
        }
        assertThat(rows).as("properties under " + prefix).isNotEmpty();
        return rows;
    }

    /** The same of a record that a name stands for, as its source describes it. */
    private static SortedMap<String, String> components(Class<? extends Record> type, String prefix) throws Exception {
        Class<?> outermost = type.isMemberClass() ? type.getEnclosingClass() : type;
        String source = Files.readString(SOURCES.resolve(outermost.getSimpleName() + ".java"));
        String head = source.substring(0, source.indexOf("public record " + type.getSimpleName() + "("));
        String javadoc = head.substring(head.lastIndexOf("/**")).replaceAll("\\s*\\n\\s*\\*/?\\s*", " ");
        SortedMap<String, String> rows = new TreeMap<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Matcher description = Pattern.compile("@param " + component.getName() + " (.*?)\\s*(?=@param|$)")
                    .matcher(javadoc);
            assertThat(description.find())
                    .as("%s describes %s", type, component)
                    .isTrue();
            String name = prefix + "." + hyphenated(component.getName());
            if (component.getType().isRecord()) {
                rows.putAll(components(component.getType().asSubclass(Record.class), name));
                continue;
            }
            rows.put(
                    name,
                    row(
                            name,
                            type(component.getGenericType().getTypeName()),
                            description.group(1),
                            value(type, component)));
        }
        return rows;
    }

    private static SortedMap<String, String> ofEventTypesAlone() throws Exception {
        String prefix = "tempost.event-types.<name>";
        SortedMap<String, String> own = components(TempostProperties.EventType.class, prefix);
        for (RecordComponent shared : TempostProperties.Delivery.class.getRecordComponents()) {
            own.remove(prefix + "." + hyphenated(shared.getName()));
        }
        return own;
    }

    private static String row(String name, String type, String description, String value) {
        return "| `%s` | %s | %s | %s |\n"
                .formatted(name, type, description.replaceAll("\\{@code ([^}]*)}", "`$1`"), value);
    }

    private static String type(String javaType) {
        String element = javaType.replaceAll(".*[<,] *", "").replace(">", "");
        String name = element.replaceAll(".*[.$]", "").toLowerCase(Locale.ROOT);
        if (PRIMITIVE.contains(javaType)) {
            return javaType.equals("int") ? "integer" : javaType;
        }
        try {
            Object[] constants = Class.forName(element).getEnumConstants();
            if (constants != null) {
                name = Arrays.stream(constants)
                        .map(constant -> "`"
                                + constant.toString().toLowerCase(Locale.ROOT).replace('_', '-') + "`")
                        .collect(Collectors.joining(", "));
            }
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
        return javaType.startsWith("java.util.Set") ? "any of " + name : name;
    }

    private static String hyphenated(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static String below() throws Exception {
        return """

            ## `tempost.event-types.<name>`

            What one event type does differently: %s, as under `tempost.delivery`. And what only an event type says:

            %s
            ## `tempost.providers.<name>`

            The mail providers, by the names that `tempost.delivery.provider` and `tempost.event-types.<name>.provider` call
            them. `default` is always there.

            %s
            ## `tempost.webhooks.<name>`

            [Webhooks](webhooks.md), by names that are no mail provider's; event types choose them in the same way.

            %s
            ## `tempost.workflows.<name>`

            Workflows of your own, by the names that `tempost.delivery.provider` and `tempost.event-types.<name>.provider` call
            them: [what rows do to them](your-own-workflow.md).

            %s
            ## `tempost.tenants.<name>`

            What a tenant gets that differs from the rest, for whoever delivers for several.

            %s""".formatted(
                        Arrays.stream(TempostProperties.Delivery.class.getRecordComponents())
                                .map(component -> "`" + hyphenated(component.getName()) + "`")
                                .collect(Collectors.joining(", ")),
                        table(ofEventTypesAlone()),
                        table(components(TempostProperties.Provider.class, "tempost.providers.<name>")),
                        table(components(WebhookSettings.class, "tempost.webhooks.<name>")),
                        table(components(WorkflowSettings.class, "tempost.workflows.<name>")),
                        table(components(TempostProperties.Tenant.class, "tempost.tenants.<name>")));
    }

    private static String value(Class<? extends Record> type, RecordComponent component) throws Exception {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        Parameter parameter = Arrays.stream(type.getDeclaredConstructor(types).getParameters())
                .filter(candidate -> candidate.getName().equals(component.getName()))
                .findFirst()
                .orElseThrow();
        DefaultValue value = parameter.getAnnotation(DefaultValue.class);
        return value == null || value.value().length == 0 ? "none" : "`" + String.join(", ", value.value()) + "`";
    }

    private static String value(JsonNode value) {
        if (value.isMissingNode()) {
            return "none";
        }
        return "`"
                + (value.isArray()
                        ? value.toString().replaceAll("[\\[\\]\"]", "").replace(",", ", ")
                        : value.asText()) + "`";
    }
}
