package dev.tempost.channels.webhook;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tempost.activities.channel.UnsendableRow;
import dev.tempost.workflows.FailureType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The texts and numbers of a payload, which no reply may repeat. */
final class PayloadValues {

    private static final JsonFactory JSON = new JsonFactory();

    private PayloadValues() {}

    static List<String> of(String payload) {
        List<String> values = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(payload)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.VALUE_STRING || token.isNumeric()) {
                    values.add(parser.getText());
                }
            }
        } catch (IOException e) {
            // Jackson's own message quotes the text, which may be personal
            throw new UnsendableRow(
                    FailureType.PAYLOAD_INVALID,
                    "column payload has a number, a key or a depth beyond what JSON is read with: make it simpler, then"
                            + " retry");
        }
        return values;
    }
}
