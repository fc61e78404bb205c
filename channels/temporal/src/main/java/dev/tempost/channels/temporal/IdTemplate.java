package dev.tempost.channels.temporal;

import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.UnsendableRow;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a workflow's id is made of: text, and in braces what is taken from the row. */
public final class IdTemplate {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{(key|tenant|recipient|payload\\.([^{}]+))}");

    /** The row's key. */
    public static final IdTemplate KEY = new IdTemplate("{key}");

    private final String template;
    private final Set<String> fields = new HashSet<>();

    /**
     * Of text with {@code {key}}, {@code {tenant}}, {@code {recipient}} and {@code {payload.field}}.
     *
     * @throws IllegalArgumentException where something else is in braces, or nothing tells one row from another
     */
    public IdTemplate(String template) {
        this.template = template;
        Matcher placeholders = PLACEHOLDER.matcher(template);
        while (placeholders.find()) {
            if (placeholders.group(2) != null) {
                fields.add(placeholders.group(2));
            }
        }
        String text = placeholders.replaceAll("");
        if (template.isBlank() || text.contains("{") || text.contains("}")) {
            throw new IllegalArgumentException(
                    "workflow-id is '" + template + "': write it like order-{payload.orderId}, with {key}, {tenant},"
                            + " {recipient} and {payload.<field>} in braces");
        }
    }

    /** The fields of the payload that it names. */
    Set<String> fields() {
        return fields;
    }

    /** The id that every attempt of a row has, whatever else the row holds; null where the key alone does not say. */
    @Nullable
    String of(UUID key) {
        String id = template.replace("{key}", key.toString());
        return PLACEHOLDER.matcher(id).find() ? null : id;
    }

    /**
     * The id for a row.
     *
     * @param values of {@link #fields}, each
     * @throws UnsendableRow where the row has no recipient and the template names it
     */
    String of(OutgoingMessage row, Map<String, String> values) {
        Function<MatchResult, String> value = placeholder -> switch (placeholder.group(1)) {
            case "key" -> row.key().toString();
            case "tenant" -> row.tenant();
            case "recipient" -> recipient(row);
            default -> values.get(placeholder.group(2));
        };
        return PLACEHOLDER.matcher(template).replaceAll(value.andThen(Matcher::quoteReplacement));
    }

    private static String recipient(OutgoingMessage row) {
        String recipient = row.recipient();
        if (recipient == null || recipient.isBlank()) {
            throw UnsendableRow.recipient("is empty, and the workflow's id is made of it: set it");
        }
        return recipient;
    }

    @Override
    public String toString() {
        return template;
    }
}
