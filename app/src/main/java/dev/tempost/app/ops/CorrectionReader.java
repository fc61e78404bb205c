package dev.tempost.app.ops;

import dev.tempost.outbox.rows.Rows;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.JsonNode;

/** Tells a field that is left out from one that is to be empty. */
final class CorrectionReader {

    private CorrectionReader() {}

    static Rows.Correction read(Api.Correction correction) {
        JsonNode payload = correction.payload();
        if (payload != null && !payload.isObject()) {
            throw Requests.refused(HttpStatus.BAD_REQUEST, "payload is no JSON object: make it one.");
        }
        JsonNode recipient = correction.recipient();
        if (recipient != null && !recipient.isString()) {
            throw Requests.refused(HttpStatus.BAD_REQUEST, "recipient is no text: name one, or leave it out.");
        }
        Rows.Correction read = new Rows.Correction(
                payload == null ? null : payload.toString(),
                recipient == null ? null : recipient.asString(),
                time("deliver_after", correction.deliverAfter(), OffsetDateTime.MIN),
                time("expires_at", correction.expiresAt(), OffsetDateTime.MAX));
        if (read.equals(new Rows.Correction(null, null, null, null))) {
            throw Requests.refused(
                    HttpStatus.BAD_REQUEST,
                    "The body changes nothing: give payload, recipient, deliver_after or expires_at.");
        }
        return read;
    }

    private static @Nullable OffsetDateTime time(String field, @Nullable JsonNode node, OffsetDateTime none) {
        if (node == null) {
            return null;
        }
        OffsetDateTime time = node.isNull() ? none : Requests.time(field, node.isString() ? node.asString() : "?");
        return time == null ? none : time;
    }
}
