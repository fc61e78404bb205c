package dev.tempost.channels.webhook;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.tempost.activities.channel.OutgoingMessage;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** What a request's body is. */
public enum BodyFormat {
    /** The row's payload as it is. */
    PAYLOAD("application/json") {
        @Override
        String body(OutgoingMessage message, boolean toRecipient) {
            return message.payload();
        }
    },
    /** A CloudEvent around it, in structured JSON. */
    CLOUDEVENTS("application/cloudevents+json") {
        @Override
        String body(OutgoingMessage message, boolean toRecipient) {
            StringWriter text = new StringWriter(message.payload().length() + 500);
            try (JsonGenerator event = JSON.createGenerator(text)) {
                event.writeStartObject();
                event.writeStringField("specversion", "1.0");
                event.writeStringField("id", message.key().toString());
                event.writeStringField(
                        "source",
                        "/tempost/"
                                + URLEncoder.encode(message.tenant(), StandardCharsets.UTF_8)
                                        .replace("+", "%20"));
                event.writeStringField("type", message.eventType());
                if (message.recipient() != null && !toRecipient) {
                    event.writeStringField("subject", message.recipient());
                }
                event.writeStringField("datacontenttype", "application/json");
                event.writeFieldName("data");
                event.writeRawValue(message.payload());
                event.writeEndObject();
            } catch (IOException e) {
                throw new UncheckedIOException("into memory", e);
            }
            return text.toString();
        }
    };

    private static final JsonFactory JSON = new JsonFactory();

    private final String contentType;

    BodyFormat(String contentType) {
        this.contentType = contentType;
    }

    String contentType() {
        return contentType;
    }

    /**
     * The body of a message.
     *
     * @param toRecipient whether the recipient is where it goes, and so says nothing of what it is about
     */
    abstract String body(OutgoingMessage message, boolean toRecipient);
}
