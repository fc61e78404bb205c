package dev.tempost.channels.temporal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tempost.activities.channel.UnsendableRow;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads what is needed of a payload, at its first level. */
final class PayloadReader {

    private static final JsonFactory JSON = new JsonFactory();
    private static final String ARGUMENTS = "arguments";

    private PayloadReader() {}

    private interface Member {
        /** Reads on to the end of the value that the parser stands at. */
        void read(String name, JsonParser parser) throws IOException;
    }

    /**
     * These fields, as text.
     *
     * @throws UnsendableRow that names the field which is not there, or is neither text nor a number nor true nor false
     */
    static Map<String, String> texts(String payload, Set<String> fields) {
        if (fields.isEmpty()) {
            return Map.of();
        }
        Map<String, String> values = new HashMap<>();
        members(payload, (name, parser) -> {
            if (fields.contains(name)
                    && parser.currentToken().isScalarValue()
                    && parser.currentToken() != JsonToken.VALUE_NULL) {
                values.put(name, parser.getText());
            }
            parser.skipChildren();
        });
        for (String field : fields) {
            if (values.getOrDefault(field, "").isBlank()) {
                throw UnsendableRow.payload(
                        "has no text or number " + field + ", and the workflow's id is made of it: set it");
            }
        }
        return values;
    }

    /**
     * The elements of the array {@code arguments}, each as JSON.
     *
     * @throws UnsendableRow where there is no such array
     */
    static List<String> arguments(String payload) {
        List<String> arguments = new ArrayList<>();
        boolean[] found = {false};
        members(payload, (name, parser) -> {
            if (name.equals(ARGUMENTS) && parser.currentToken() == JsonToken.START_ARRAY) {
                found[0] = true;
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    arguments.add(json(parser));
                }
            } else {
                parser.skipChildren();
            }
        });
        if (!found[0]) {
            throw UnsendableRow.payload("has no array arguments: write it like {\"arguments\": [1, \"two\"]}");
        }
        return arguments;
    }

    private static void members(String payload, Member member) {
        try (JsonParser parser = JSON.createParser(payload)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw UnsendableRow.payload("is not a JSON object: make it one");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                member.read(name, parser);
            }
        } catch (IOException e) {
            // Jackson's own message quotes the text, which may be personal
            throw UnsendableRow.payload("is not valid JSON, or more than Tempost reads of it: correct it");
        }
    }

    private static String json(JsonParser parser) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator copy = JSON.createGenerator(text)) {
            copy.copyCurrentStructureExact(parser);
        }
        return text.toString();
    }
}
