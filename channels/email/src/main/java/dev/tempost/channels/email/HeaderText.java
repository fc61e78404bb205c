package dev.tempost.channels.email;

import jakarta.mail.internet.MimeUtility;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;

/** Writes text into a header: encoded where it is not plain ASCII, folded, and never in a line longer than mail allows. */
final class HeaderText {

    /** Short enough that even one long word, which cannot be folded, fits into the 998 characters of RFC 5322. */
    static final int MAX_LENGTH = 900;

    // RFC 2047: 76 characters a line, 75 an encoded word, 12 of which are not text
    private static final int MAX_LINE = 76;
    private static final int MAX_ENCODED = 63;
    private static final Pattern PLAIN = Pattern.compile("[ -~\t]*");
    private static final Pattern LOOKS_ENCODED = Pattern.compile("=\\?[^?\\s]+\\?[BbQq]\\?");

    private HeaderText() {}

    static String encoded(String name, String value) {
        int column = name.length() + 2;
        // what only looks encoded would be decoded: a row could show what it never said
        return PLAIN.matcher(value).matches() && !LOOKS_ENCODED.matcher(value).find()
                ? MimeUtility.fold(column, value)
                : inWords(column, value);
    }

    private static String inWords(int firstColumn, String value) {
        var words = new StringBuilder();
        int column = firstColumn;
        int from = 0;
        while (from < value.length()) {
            int room = Math.max(8, Math.min(MAX_ENCODED, MAX_LINE - 12 - column)) / 4 * 3;
            int to = from;
            for (int bytes = 0; to < value.length(); to = value.offsetByCodePoints(to, 1)) {
                bytes += utf8Length(value.codePointAt(to));
                if (bytes > room) {
                    break;
                }
            }
            byte[] chunk = value.substring(from, to).getBytes(StandardCharsets.UTF_8);
            words.append(words.isEmpty() ? "" : "\r\n ").append("=?UTF-8?B?");
            words.append(Base64.getEncoder().encodeToString(chunk)).append("?=");
            from = to;
            column = 1;
        }
        return words.toString();
    }

    private static int utf8Length(int c) {
        return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    }
}
