package dev.tempost.channels.email;

import dev.tempost.activities.channel.UnsendableRow;
import dev.tempost.workflows.FailureType;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.InternetHeaders;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The headers a row adds to its mail: those below {@code mail} in its column {@code headers}, as in
 * {@code {"mail": {"Reply-To": "team@example.com"}}}. Other keys, such as the trace context, are not for mail servers.
 *
 * <p>Only what is on a list may be there. A header that is not fails its row instead of being left out: whoever wrote it counts on
 * it, and a mail without its {@code List-Unsubscribe} is another mail.
 */
public final class MailHeaders {

    private static final Pattern NAME = Pattern.compile("[!-9;-~]{1,76}");
    private static final int MAX_HEADERS = 50;
    private static final Set<String> OURS = Set.of(
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

    // how the relays take orders: other recipients, other content, another account's settings
    private static final Pattern RELAY_CONTROLS =
            Pattern.compile("content-.*|resent-.*|arc-.*|x-smtpapi|x-(mc|pm|mailgun|ses|msys|mj|mailjet|sib|mailin"
                    + "|sparkpost|elasticemail|mailersend|smtp2go|resend|aws|google|ms-exchange|originating|forwarded)(-.*)?"
                    + "|(delivered|apparently|errors|disposition-notification|return-receipt)-to");

    private final Set<String> allowed = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    /**
     * @param allowed the names of headers that a row may add, in any case
     * @throws IllegalArgumentException when one is no name, or no row may ever set it
     */
    public MailHeaders(Collection<String> allowed) {
        for (String name : allowed) {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("tempost.mail-headers names '" + SafeText.of(name)
                        + "', which is no header name: write names like List-Id, separated by commas");
            }
            if (isNobodys(name)) {
                throw new IllegalArgumentException(
                        "tempost.mail-headers names " + name
                                + ", which no row may set: Tempost writes it itself, or a relay takes orders from it. Remove it");
            }
            this.allowed.add(name);
        }
    }

    void addTo(InternetHeaders mail, String column) {
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
            add(mail, header.getKey(), header.getValue());
        }
    }

    private void add(InternetHeaders mail, String name, @Nullable Object content) {
        if (!NAME.matcher(name).matches()) {
            throw invalid("mail has a key that is not a header name: remove it");
        }
        if (isNobodys(name)) {
            throw invalid("mail sets " + name + ", which no row may set: remove it");
        }
        if (!allowed.contains(name)) {
            throw invalid(
                    "mail sets " + name + ", which is not among tempost.mail-headers: remove it, or add it there");
        }
        if (!(content instanceof String value)) {
            throw invalid("mail." + name + " is not a string: make it one");
        }
        if (value.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0)) {
            throw invalid("mail." + name + " has a line break or a NUL in it: remove it");
        }
        if (value.length() > HeaderText.MAX_LENGTH) {
            throw invalid("mail." + name + " is longer than " + HeaderText.MAX_LENGTH + " characters: shorten it");
        }
        mail.setHeader(name, name.equalsIgnoreCase("Reply-To") ? addresses(value) : HeaderText.encoded(name, value));
    }

    private static String addresses(String value) {
        try {
            List<Mailbox> mailboxes = Mailbox.listOf(value);
            if (!mailboxes.stream().allMatch(Mailbox::hasAsciiLocalPart)) {
                throw invalid("mail.Reply-To has a local part beyond ASCII: use another address");
            }
            InternetAddress[] headers = mailboxes.stream().map(Mailbox::header).toArray(InternetAddress[]::new);
            return String.valueOf(InternetAddress.toString(headers, "Reply-To: ".length()));
        } catch (NotAMailbox e) {
            throw invalid("mail.Reply-To " + e.getMessage() + ": correct it");
        }
    }

    private static boolean isNobodys(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return OURS.contains(lower) || RELAY_CONTROLS.matcher(lower).matches();
    }

    private static UnsendableRow invalid(String whatAndRemedy) {
        return new UnsendableRow(FailureType.PAYLOAD_INVALID, "column headers: " + whatAndRemedy + ", then retry");
    }
}
