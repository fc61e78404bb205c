package dev.tempost.app.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tempost.app.config.TempostProperties;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} says what the records say. */
class ConfigurationReferenceTest {

    private static final Path PAGE = Path.of("..", "docs", "configuration.md");
    private static final String HEAD = """
        # Configuration

        Generated from the configuration records; to write it anew:
        `./mvnw -q -pl app -am test -Dtest=ConfigurationReferenceTest -Dreference=write -Dsurefire.failIfNoSpecifiedTests=false`.

        Every property can be set in `application.yaml` beside the jar or in `./config`, on the command line, or in the
        environment: `tempost.starter.max-poll-interval` becomes `TEMPOST_STARTER_MAXPOLLINTERVAL`. Durations are written
        `500ms`, `30s`, `15m`, `1h`. A wrong value stops the start and is named.

        Tempost also obeys Spring's own names:

        | Property | Meaning | Default |
        |---|---|---|
        | `spring.datasource.url`, `.username`, `.password` | The PostgreSQL database. Of several hosts, as in `jdbc:postgresql://one:5432,two:5432/app`, the primary is found, unless the URL says `targetServerType` | `jdbc:postgresql://127.0.0.1:5432/postgres`, `postgres`, none |
        | `spring.temporal.connection.target` | Temporal's frontend, `host:port` | `127.0.0.1:7233` |
        | `spring.temporal.namespace` | The namespace; it must exist | `default` |
        | `server.address`, `server.port` | Where health and metrics are served | `127.0.0.1`, `8080` |
        | `logging.level.dev.tempost` | How much Tempost says | `info` |

        """;

    @Test
    void thePageIsUpToDate() throws Exception {
        String page = HEAD + table("spring.mail") + "\n" + table("tempost") + below();

        if ("write".equals(System.getProperty("reference"))) {
            Files.writeString(PAGE, page);
        }

        assertThat(PAGE).content().as("docs/configuration.md").isEqualTo(page);
    }

    private static String table(String prefix) throws Exception {
        TreeMap<String, String> rows = new TreeMap<>();
        try (InputStream content = Objects.requireNonNull(
                TempostProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json"))) {
            for (JsonNode property : new ObjectMapper().readTree(content).path("properties")) {
                String name = property.path("name").asText();
                if (name.startsWith(prefix + ".")) {
                    rows.put(
                            name,
                            "| `%s` | %s | %s | %s |%n"
                                    .formatted(
                                            name,
                                            type(property.path("type").asText()),
                                            property.path("description")
                                                    .asText()
                                                    .replaceAll("\\{@code ([^}]*)}", "`$1`"),
                                            value(property.path("defaultValue")))
                                    .replace(System.lineSeparator(), "\n"));
                }
            }
        }
        assertThat(rows).as("properties under " + prefix).isNotEmpty();
        return "## `" + prefix + "`\n\n| Property | Type | Meaning | Default |\n|---|---|---|---|\n"
                + String.join("", rows.values());
    }

    private static String type(String javaType) {
        String element = javaType.replaceAll(".*[<,]", "").replace(">", "");
        String name = element.replaceAll(".*[.$]", "").toLowerCase(Locale.ROOT);
        if (javaType.startsWith("java.util.Map")) {
            return "by name, see below";
        }
        try {
            Object[] constants = Class.forName(element).getEnumConstants();
            if (constants != null) {
                name = Arrays.stream(constants)
                        .map(constant -> "`" + constant.toString().toLowerCase(Locale.ROOT) + "`")
                        .collect(Collectors.joining(", "));
            }
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
        return javaType.startsWith("java.util.Set") ? "any of " + name : name;
    }

    /** The names of a record's components, as properties are written. */
    private static String components(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(component ->
                        "`" + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT) + "`")
                .collect(Collectors.joining(", "));
    }

    private static String below() {
        return """

            ## `tempost.event-types.<name>`

            %s: as under `tempost.delivery`, for one event type.

            ## `tempost.providers.<name>`

            %s: as under `spring.mail` and `tempost.mail`, for one provider; `host` and `from` are required.
            """.formatted(
                        components(TempostProperties.EventType.class), components(TempostProperties.Provider.class));
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
