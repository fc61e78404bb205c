package dev.tempost.channels.email;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.UnsendableRow;
import dev.tempost.workflows.FailureType;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the JSON objects of a row, within limits. */
final class JsonObjects {

    static final int MAX_BYTES = OutgoingMessage.MAX_BYTES;
    static final int MAX_DEPTH = 64;
    private static final int MAX_DIGITS = 1000;
    private static final int MAX_KEY = 1000;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_DIGITS)
                    .maxNameLength(MAX_KEY)
                    .build())
            .build();

    private JsonObjects() {}

    /** The object in that column; its decimals keep their digits, since 19.90 is a price and 19.9 is not. */
    static StrictMap read(String column, String text) {
        checkSize(column, text);
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw invalid(column, "is not a JSON object: make it one");
            }
            StrictMap object = object(parser, column, JsonPath.DOCUMENT);
            if (parser.nextToken() != null) {
                throw invalid(column, "has text after its JSON object: remove it");
            }
            return object;
        } catch (StreamConstraintsException e) {
            throw tooMuch(column);
        } catch (IOException e) {
            // Jackson's own message quotes the text, which may be personal
            throw invalid(column, "is not valid JSON: correct it");
        }
    }

    /** What costs nothing to know. */
    static void checkSize(String column, String text) {
        if (OutgoingMessage.isTooLarge(text)) {
            throw invalid(column, "has more than " + MAX_BYTES + " bytes: make it smaller");
        }
    }

    private static StrictMap object(JsonParser parser, String column, JsonPath path) throws IOException {
        var object = new StrictMap(path);
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            parser.nextToken();
            object.put(key, value(parser, column, path, key, 0));
        }
        return object;
    }

    private static List<@Nullable Object> array(JsonParser parser, String column, JsonPath path) throws IOException {
        var array = new ArrayList<@Nullable Object>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(value(parser, column, path, null, array.size()));
        }
        return array;
    }

    private static @Nullable Object value(
            JsonParser parser, String column, JsonPath path, @Nullable String key, int index) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser, column, key == null ? path.at(index) : path.at(key));
            case START_ARRAY -> array(parser, column, key == null ? path.at(index) : path.at(key));
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getNumberValue();
            case VALUE_NUMBER_FLOAT -> decimal(parser, column);
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    // formatted, 1e999999999 would be a gigabyte of zeros
    private static BigDecimal decimal(JsonParser parser, String column) throws IOException {
        BigDecimal number = parser.getDecimalValue();
        if (Math.abs((long) number.scale()) > MAX_DIGITS) {
            throw tooMuch(column);
        }
        return number;
    }

    private static UnsendableRow tooMuch(String column) {
        return invalid(
                column,
                "has more than " + MAX_DEPTH + " levels, or a number of more than " + MAX_DIGITS
                        + " digits, or a key of more than " + MAX_KEY + " characters: make it simpler");
    }

    private static UnsendableRow invalid(String column, String whatAndRemedy) {
        return new UnsendableRow(
                FailureType.PAYLOAD_INVALID, "column " + column + " " + whatAndRemedy + ", then retry");
    }
}
