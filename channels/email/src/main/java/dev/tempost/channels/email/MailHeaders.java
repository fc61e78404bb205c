package dev.tempost.channels.email;

import dev.tempost.workflows.FailureType;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.InternetHeaders;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The headers a row adds to its mail: those below {@code mail} in its column {@code headers}, as in
 * {@code {"mail": {"Reply-To": "team@example.com"}}}. Other keys, such as the trace context, are not for mail servers.
 */
final class MailHeaders {

    private static final Pattern NAME = Pattern.compile("[!-9;-~]{1,76}");
    private static final int MAX_HEADERS = 50;
    private static final Set<String> RESERVED = Set.of(
            "from",
            "sender",
            "to",
            "cc",
            "bcc",
            "subject",
            "message-id",
            "date",
            "mime-version",
            "received",
            "return-path",
            "dkim-signature");

    private MailHeaders() {}

    static void addTo(InternetHeaders mail, String column) throws UnsupportedEncodingException {
        // most rows have none, or only a trace context
        if (!column.contains("\"mail\"")) {
            return;
        }
        StrictMap headers = JsonObjects.read("headers", column);
        if (!headers.containsKey("mail")) {
            return;
        }
        if (!(headers.get("mail") instanceof StrictMap own)) {
            throw invalid("mail is not a JSON object of header names and values: make it one");
        }
        if (own.size() > MAX_HEADERS) {
            throw invalid("mail has more than " + MAX_HEADERS + " headers: remove some");
        }
        for (Map.Entry<String, ?> header : own.entrySet()) {
            String name = header.getKey();
            if (!NAME.matcher(name).matches()) {
                throw invalid("mail has a key that is not a header name: remove it");
            }
            if (isReserved(name)) {
                throw invalid("mail sets " + name + ", which Tempost sets itself: remove it");
            }
            if (!(header.getValue() instanceof String value)) {
                throw invalid("mail." + name + " is not a string: make it one");
            }
            if (value.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0)) {
                throw invalid("mail." + name + " has a line break or a NUL in it: remove it");
            }
            if (value.length() > HeaderText.MAX_LENGTH) {
                throw invalid("mail." + name + " is longer than " + HeaderText.MAX_LENGTH + " characters: shorten it");
            }
            mail.setHeader(name, encoded(name, value));
        }
    }

    private static String encoded(String name, String value) throws UnsupportedEncodingException {
        if (name.equalsIgnoreCase("Reply-To")) {
            try {
                InternetAddress[] mailboxes = InternetAddress.parse(value, true);
                for (InternetAddress mailbox : mailboxes) {
                    DisplayName.encoded(mailbox);
                }
                String list = InternetAddress.toString(mailboxes, name.length() + 2);
                if (!StandardCharsets.US_ASCII.newEncoder().canEncode(list)) {
                    throw invalid(
                            "mail.Reply-To has an address beyond ASCII: write its domain in punycode, or use another");
                }
                return list;
            } catch (AddressException e) {
                throw invalid("mail.Reply-To is not a list of addresses: correct it");
            }
        }
        return HeaderText.encoded(name, value);
    }

    private static boolean isReserved(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return RESERVED.contains(lower) || lower.startsWith("content-") || lower.startsWith("resent-");
    }

    private static UnsendableRow invalid(String whatAndRemedy) {
        return new UnsendableRow(FailureType.PAYLOAD_INVALID, "column headers: " + whatAndRemedy + ", then retry");
    }
}
