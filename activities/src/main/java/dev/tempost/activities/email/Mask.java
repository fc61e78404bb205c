package dev.tempost.activities.email;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Takes personal data out of what a server says, and makes it one short line. */
final class Mask {

    static final int MAX_LENGTH = 300;
    private static final String MASKED = "<masked>";
    private static final int TOO_SHORT_TO_SEARCH = 3;

    // percent signs and equal signs too: addresses come quoted in other addresses and in links
    private static final Pattern ADDRESS = Pattern.compile("<?[^\\s<>,;:()\\[\\]\"]*@[^\\s<>,;()\\[\\]\"]*>?");
    private static final Pattern CONTINUED = Pattern.compile("\\R(?:\\d{3}[ -]?)?");
    private static final Pattern BLANK = Pattern.compile("[\\p{Cntrl}\\s]+");

    private final @Nullable Pattern recipient;

    /** @param recipient the recipient's address; null masks every address but knows none */
    Mask(@Nullable String recipient) {
        this.recipient = recipient == null || recipient.isBlank() ? null : wordsWith(recipient);
    }

    String apply(String reply) {
        String line = CONTINUED.matcher(reply.strip()).replaceAll(" ");
        line = BLANK.matcher(line).replaceAll(" ");
        if (recipient != null) {
            line = recipient.matcher(line).replaceAll(MASKED);
        }
        if (line.indexOf('@') >= 0) {
            line = ADDRESS.matcher(line).replaceAll(MASKED);
        }
        return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH - 1) + "…";
    }

    // a local part of one or two letters is looked for as a word only, or it would mask every reply whole
    private static Pattern wordsWith(String recipient) {
        int at = recipient.lastIndexOf('@');
        String local = at < 0 ? recipient : recipient.substring(0, at);
        String quoted = Pattern.quote(local.toLowerCase(Locale.ROOT));
        return Pattern.compile(
                local.length() < TOO_SHORT_TO_SEARCH
                        ? "(?<![\\w.-])" + quoted + "(?:@\\S*)?(?![\\w.-])"
                        : "\\S*" + quoted + "\\S*",
                Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
    }
}
