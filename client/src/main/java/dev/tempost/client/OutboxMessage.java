package dev.tempost.client;

import java.time.Instant;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A message to be delivered. Immutable; made by a {@link Builder}, which checks what the table would refuse.
 */
public final class OutboxMessage {

    /** The tenant of those who have none. */
    public static final String DEFAULT_TENANT = "default";

    private static final Pattern TENANT = Pattern.compile("[a-z0-9_-]{1,63}");
    private static final Pattern EVENT_TYPE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

    private final String eventType;
    private final @Nullable String recipient;
    private final String payloadJson;
    private final String tenant;
    private final @Nullable String shardKey;
    private final @Nullable String objectKey;
    private final @Nullable String jobId;
    private final @Nullable String dedupKey;
    private final int priority;
    private final @Nullable Instant deliverAfter;
    private final @Nullable Instant expiresAt;
    private final String headersJson;
    private final @Nullable Long causedBy;

    private OutboxMessage(Builder builder) {
        this.eventType = builder.eventType;
        this.recipient = builder.recipient;
        this.payloadJson = builder.payloadJson;
        this.tenant = builder.tenant;
        this.shardKey = builder.shardKey;
        this.objectKey = builder.objectKey;
        this.jobId = builder.jobId;
        this.dedupKey = builder.dedupKey;
        this.priority = builder.priority;
        this.deliverAfter = builder.deliverAfter;
        this.expiresAt = builder.expiresAt;
        this.headersJson = builder.headersJson;
        this.causedBy = builder.causedBy;
    }

    /**
     * Begins a message.
     *
     * @param eventType picks channel, template and policies: 1 to 128 letters, digits, {@code _}, {@code .} or {@code -},
     *     the first a letter or digit
     */
    public static Builder of(String eventType) {
        return new Builder(eventType);
    }

    /** Picks channel, template and policies. */
    public String eventType() {
        return eventType;
    }

    /** Where to; null where the payload decides. */
    public @Nullable String recipient() {
        return recipient;
    }

    /** What the template or channel needs, as JSON text. */
    public String payloadJson() {
        return payloadJson;
    }

    /** Whose message it is. */
    public String tenant() {
        return tenant;
    }

    /** Messages with the same go out in the order they were enqueued; null for no order. */
    public @Nullable String shardKey() {
        return shardKey;
    }

    /** What the message is about: of the due rows of one object in a shard only the newest goes out; null for none. */
    public @Nullable String objectKey() {
        return objectKey;
    }

    /** What {@link OutboxWriter#cancelJob} takes along; null for none. */
    public @Nullable String jobId() {
        return jobId;
    }

    /** What keeps a tenant's message from being enqueued twice; null for none. */
    public @Nullable String dedupKey() {
        return dedupKey;
    }

    /** 1, first, to 5, last. */
    public int priority() {
        return priority;
    }

    /** Not before; null for at once. */
    public @Nullable Instant deliverAfter() {
        return deliverAfter;
    }

    /** Worthless after; null for never. */
    public @Nullable Instant expiresAt() {
        return expiresAt;
    }

    /** Trace context and the like, as JSON text. */
    public String headersJson() {
        return headersJson;
    }

    /** The row whose delivery led to this message; null for none. */
    public @Nullable Long causedBy() {
        return causedBy;
    }

    /** Tells what it is and nothing personal. */
    @Override
    public String toString() {
        return "OutboxMessage[eventType=" + eventType + ", tenant=" + tenant + ", jobId=" + jobId + "]";
    }

    /** Makes messages; not thread-safe. Every setter replaces what was set before. */
    public static final class Builder {

        private final String eventType;
        private @Nullable String recipient;
        private String payloadJson = "{}";
        private String tenant = DEFAULT_TENANT;
        private @Nullable String shardKey;
        private @Nullable String objectKey;
        private @Nullable String jobId;
        private @Nullable String dedupKey;
        private int priority = 3;
        private @Nullable Instant deliverAfter;
        private @Nullable Instant expiresAt;
        private String headersJson = "{}";
        private @Nullable Long causedBy;

        private Builder(String eventType) {
            this.eventType = Objects.requireNonNull(eventType, "eventType");
        }

        /** One recipient: an address, a URL, a topic. Defaults to null, where the payload decides. */
        public Builder recipient(@Nullable String recipient) {
            this.recipient = recipient;
            return this;
        }

        /** JSON text, whose top-level keys are the template's variables. PostgreSQL checks it. Defaults to {@code {}}. */
        public Builder payloadJson(String payloadJson) {
            this.payloadJson = Objects.requireNonNull(payloadJson, "payloadJson");
            return this;
        }

        /**
         * 1 to 63 lower-case letters, digits, {@code _} or {@code -}. Visible in Temporal: no personal data. Defaults to
         * {@value OutboxMessage#DEFAULT_TENANT}.
         */
        public Builder tenant(String tenant) {
            this.tenant = Objects.requireNonNull(tenant, "tenant");
            return this;
        }

        /** 1 to 255 characters; the messages of a tenant with the same go out one after the other. Defaults to null: no order. */
        public Builder shardKey(@Nullable String shardKey) {
            this.shardKey = shardKey;
            return this;
        }

        /** Needs a {@code shardKey}. Of the messages of a shard with the same, only the newest goes out. Defaults to null. */
        public Builder objectKey(@Nullable String objectKey) {
            this.objectKey = objectKey;
            return this;
        }

        /** 1 to 255 characters. Visible in Temporal: no personal data. Defaults to null: no job. */
        public Builder jobId(@Nullable String jobId) {
            this.jobId = jobId;
            return this;
        }

        /** 1 to 1000 characters, unique per tenant while the row is retained. Defaults to null: may be enqueued twice. */
        public Builder dedupKey(@Nullable String dedupKey) {
            this.dedupKey = dedupKey;
            return this;
        }

        /** 1, first, to 5, last. Defaults to 3. */
        public Builder priority(int priority) {
            this.priority = priority;
            return this;
        }

        /** Not before this moment, on the database's clock. Defaults to null: at once. */
        public Builder deliverAfter(@Nullable Instant deliverAfter) {
            this.deliverAfter = deliverAfter;
            return this;
        }

        /** No attempt after this moment, on the database's clock. Defaults to null: worth sending whenever. */
        public Builder expiresAt(@Nullable Instant expiresAt) {
            this.expiresAt = expiresAt;
            return this;
        }

        /** JSON text: W3C trace context and the like. PostgreSQL checks it. Defaults to {@code {}}. */
        public Builder headersJson(String headersJson) {
            this.headersJson = Objects.requireNonNull(headersJson, "headersJson");
            return this;
        }

        /**
         * The id of the row whose delivery led to this message, as {@link OutboxWriter#enqueue} returned it.
         * It refuses what would be the eleventh of such a chain, so that a handler that enqueues in a
         * loop comes to an end. Defaults to none.
         */
        public Builder causedBy(long rowId) {
            this.causedBy = rowId;
            return this;
        }

        /**
         * Makes the message.
         *
         * @throws IllegalArgumentException when the table would refuse a field; it names the field and what to do
         */
        public OutboxMessage build() {
            require(
                    EVENT_TYPE.matcher(eventType).matches(),
                    "eventType '" + eventType
                            + "': use 1 to 128 letters, digits, '_', '.' or '-', and begin with a letter"
                            + " or digit");
            require(
                    TENANT.matcher(tenant).matches(),
                    "tenant '" + tenant + "': use 1 to 63 lower-case letters, digits, '_' or '-'");
            requireLength("shardKey", shardKey, 255);
            requireLength("jobId", jobId, 255);
            requireLength("dedupKey", dedupKey, 1000);
            require(
                    objectKey == null || shardKey != null,
                    "objectKey without shardKey: set the shardKey whose order decides which message is the newest");
            require(priority >= 1 && priority <= 5, "priority " + priority + ": use 1 (first) to 5 (last)");
            requireText("recipient", recipient);
            requireText("objectKey", objectKey);
            requireText("payloadJson", payloadJson);
            requireText("headersJson", headersJson);
            return new OutboxMessage(this);
        }

        private static void requireLength(String field, @Nullable String value, int longest) {
            if (value != null) {
                int length = value.codePointCount(0, value.length());
                require(
                        length >= 1 && length <= longest,
                        field + " of " + length + " characters: use 1 to " + longest + ", or null for none");
                requireText(field, value);
            }
        }

        private static void requireText(String field, @Nullable String value) {
            require(
                    value == null || value.indexOf('\0') < 0,
                    field + " contains the character U+0000, which PostgreSQL cannot store: remove it");
        }

        private static void require(boolean valid, String otherwise) {
            if (!valid) {
                throw new IllegalArgumentException(otherwise);
            }
        }
    }
}
