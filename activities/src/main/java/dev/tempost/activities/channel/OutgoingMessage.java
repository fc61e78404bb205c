package dev.tempost.activities.channel;

import dev.tempost.outbox.ledger.Ledger;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One row on its way out, as the gate admitted it.
 *
 * @param id the row's id
 * @param key the row's identity for ever; a channel derives from it whatever must stay the same over attempts
 * @param tenant the row's tenant
 * @param eventType the row's event type
 * @param recipient where to; null where the payload decides
 * @param payload a JSON object as text
 * @param headers a JSON object as text
 * @param provider the name of the provider that takes it
 */
public record OutgoingMessage(
        long id,
        UUID key,
        String tenant,
        String eventType,
        @Nullable String recipient,
        String payload,
        String headers,
        String provider) {

    /** The largest payload and the largest headers, in bytes of their text. What is larger comes cut, but longer than this. */
    public static final int MAX_BYTES = Ledger.MAX_CONTENT_BYTES;

    /** Whether a payload or headers are larger than that. What is comes cut, and is no JSON any more. */
    public static boolean isTooLarge(String text) {
        // a char is at least one byte and at most three, so most rows are never encoded just to be measured
        return text.length() > MAX_BYTES
                || (text.length() > MAX_BYTES / 3 && text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES);
    }
}
