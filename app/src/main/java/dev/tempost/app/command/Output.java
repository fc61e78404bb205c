package dev.tempost.app.command;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** How a command says what it found: a table for people, one document of JSON for programs. */
final class Output {

    enum Format {
        TABLE,
        JSON
    }

    @Option(
            names = "--output",
            paramLabel = "table|json",
            defaultValue = "table",
            description = "A table for people, or one document of JSON for programs. Defaults to ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Format format;

    /**
     * Prints it in the chosen way.
     *
     * @param document what programs get: maps, lists, numbers, texts and instants; its keys are a promise
     * @param table prints what people get
     */
    void print(Object document, Runnable table) {
        if (format == Format.TABLE) {
            table.run();
        } else {
            System.out.println(JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build()
                    .writeValueAsString(document));
        }
    }

    /** A JSON object: a key and its value in turns. */
    static Map<String, @Nullable Object> object(@Nullable Object... keysAndValues) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            object.put(String.valueOf(keysAndValues[i]), keysAndValues[i + 1]);
        }
        return object;
    }
}
