package dev.tempost.channels.email.testing;

import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Rows as a careless, a broken or a hostile producer would write them; the same seed writes the same. */
public final class HostileRows {

    /**
     * One row.
     *
     * @param recipient as it is written; null where it is forgotten
     * @param payload JSON text, or what was meant to be
     * @param headers likewise
     */
    public record Row(String eventType, @Nullable String recipient, String payload, String headers) {}

    private static final List<String> PIECES = List.of(
            "\r\nBcc: eve@evil.example",
            "\n.\nRCPT TO:<eve@evil.example>\n",
            "\r.\r",
            "\u0000",
            "\u0001",
            "\u0085",
            "\u2028",
            "\u202e",
            "\u200b",
            "\ufeff",
            "\ud83c",
            "🎉",
            "é",
            "用户",
            "ﷺ",
            "a\u0301\u0301\u0301\u0301",
            "=?UTF-8?Q?=0D=0ABcc:_eve@evil.example?=",
            "<script>alert(1)</script>",
            "\"'>",
            "${7*7}",
            "[[${7*7}]]",
            "__${7*7}__",
            "[# th:utext=\"${7*7}\"/]",
            "${T(java.lang.Runtime)}",
            "@",
            ",",
            ";",
            "<",
            ">",
            "\\",
            "%00",
            "x".repeat(70),
            "x".repeat(1000),
            " ".repeat(80),
            "ann",
            "Ann Lee",
            "1e400",
            ".");
    private static final List<String> ADDRESSES = List.of(
            "ann@example.com",
            "Ann <ann@example.com>",
            "o'neil+tag@sub.example.com",
            "ann@faß.example",
            "ann@例え.テスト",
            "用户@example.com",
            "\"Lee, Ann\" <ann@example.com>",
            "ann@xn--fa-hia.example",
            "ann@[127.0.0.1]",
            "ann@example.com, eve@evil.example",
            "friends: ann@example.com;",
            "\"a b\"@example.com",
            "@evil.example:ann@example.com",
            "ann@",
            "ann",
            "ann@a_b.example",
            "ann@☃.example",
            "");
    private static final List<String> HEADERS = List.of(
            "Reply-To",
            "List-Id",
            "References",
            "X-SMTPAPI",
            "Bcc",
            "Content-Type",
            "X-Note",
            "a b",
            "",
            "Subject",
            "list-id");

    private final Random random;

    public HostileRows(long seed) {
        this.random = new Random(seed);
    }

    /**
     * Writes the templates of the rows.
     *
     * @param write takes a path such as {@code order/body.txt}, and its content
     */
    public static void templates(BiConsumer<String, String> write) {
        write.accept("note/subject.txt", "A note for [(${name})]");
        write.accept("note/body.txt", "[(${text})]");
        write.accept("note/body.html", "<p th:text=\"${text}\"></p>[[${name}]]");
        write.accept("order/subject.txt", "Your order");
        write.accept(
                "order/body.txt",
                "[(${customer.name})] of [(${customer.address.city})]\n"
                        + "[# th:each=\"item : ${items}\"][# th:each=\"tag : ${item.tags}\"][(${tag})] [/][(${item.price})]\n[/]"
                        + "[# th:if=\"${note != null}\"][(${note})][/]");
    }

    public Row next() {
        return new Row(
                oneOf("note", "note", "note", "order", "order", "no_such_type"),
                chance(50) ? null : recipient(),
                payload(),
                headers());
    }

    private String recipient() {
        String address = ADDRESSES.get(random.nextInt(chance(2) ? 3 : ADDRESSES.size()));
        if (chance(6)) {
            int at = random.nextInt(address.length() + 1);
            return address.substring(0, at) + piece() + address.substring(at);
        }
        return address;
    }

    private String payload() {
        return switch (random.nextInt(24)) {
            case 0 -> oneOf("", "{", "null", "[]", "\"x\"", "{} {}", "{\"a\": NaN}", "{\"a\": \"\\ud800\"}", "1e400");
            case 1 -> "{\"name\": " + "[".repeat(70) + "]".repeat(70) + ", \"text\": 1}";
            case 2 -> "{\"name\": \"Ann\", \"text\": \"" + "x".repeat(random.nextInt(40_000)) + "\"}";
            case 3 -> "{\"name\": " + "9".repeat(random.nextInt(1, 1200)) + ", \"text\": 1e-999}";
            case 4 -> "{}";
            default ->
                "{\"name\": " + text() + ", \"text\": " + text() + ", \"note\": " + value(0) + ", \"customer\": "
                        + (chance(8) ? value(0) : "{\"name\": " + text() + ", \"address\": {\"city\": " + text() + "}}")
                        + ", \"items\": " + (chance(8) ? value(0) : "[" + several(this::item) + "]") + "}";
        };
    }

    private String item() {
        return chance(16) ? value(0) : "{\"price\": " + number() + ", \"tags\": [" + several(this::text) + "]}";
    }

    private String value(int depth) {
        return switch (random.nextInt(depth > 3 ? 5 : 7)) {
            case 0 -> "null";
            case 1 -> "true";
            case 2 -> number();
            case 3, 4 -> text();
            case 5 -> "[" + several(() -> value(depth + 1)) + "]";
            default -> "{" + several(() -> text() + ": " + value(depth + 1)) + "}";
        };
    }

    private String number() {
        return oneOf("0", "-1", "19.90", "1e300", "1e400", "1e999999999", "123456789012345678901234567890", "0.1");
    }

    private String headers() {
        return switch (random.nextInt(12)) {
            case 0 -> oneOf("[]", "{\"mail\": []}", "{\"mail\": {\"List-Id\": 1}}", "{\"mail\": null}", "null", "{");
            case 1, 2, 3 ->
                "{\"traceparent\": \"00-a-b-01\", \"mail\": {"
                        + several(() -> json(HEADERS.get(random.nextInt(HEADERS.size()))) + ": "
                                + (chance(2) ? text() : json(ADDRESSES.get(random.nextInt(ADDRESSES.size())))))
                        + "}}";
            case 4 -> "{\"mail\": {\"List-Id\": " + text() + "}}";
            default -> chance(2) ? "{}" : "{\"traceparent\": \"00-a-b-01\"}";
        };
    }

    private String text() {
        return json(
                chance(2)
                        ? "Ann"
                        : Stream.generate(this::piece).limit(random.nextInt(4)).collect(Collectors.joining()));
    }

    private String piece() {
        return PIECES.get(random.nextInt(PIECES.size()));
    }

    private String several(Supplier<String> item) {
        return Stream.generate(item).limit(random.nextInt(4)).collect(Collectors.joining(", "));
    }

    private boolean chance(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    private String oneOf(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** As a JSON string, with half a surrogate pair as it is. */
    public static String json(String text) {
        var json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == '"' || c == '\\' || Character.isSurrogate(c)) {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
