package dev.tempost.activities.reply;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes personal data out of what a server says, and makes it one short line. It shows what is known to be harmless rather
 * than hiding what is known to be personal: a server may echo an address or a subject in any spelling or encoding.
 *
 * <p>Shown are the reply code, the enhanced code, the words of {@link ReplyWords}, numbers with a unit of time or size, error
 * tags such as {@code TSS04}, and the provider's name of the message; and of these nothing that the row itself says.
 */
public final class Mask {

    /** The longest that is shown. */
    public static final int MAX_LENGTH = 300;

    private static final String MASKED = "<masked>";

    // no word we show is anywhere near as long, and a server could send one without end
    private static final int MAX_TOKEN = 80;

    private static final Pattern HEAD =
            Pattern.compile("^([2-5]\\d\\d)(?:([ -])(?:([245]\\.\\d{1,3}\\.\\d{1,3})(?=\\s|$))?|$)");
    private static final Pattern BLANK = Pattern.compile("[\\p{Cntrl}\\s]+");
    private static final Pattern PUNCTUATION = Pattern.compile("[-:=/.,;]|\\.\\.\\.");
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9]+");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,6}");
    private static final Pattern CLOCK = Pattern.compile("\\d{1,2}:\\d{2}:\\d{2}");
    private static final Pattern TAG = Pattern.compile("[A-Z]{2,6}\\d{1,6}");
    private static final String UNIT = "(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|bytes|[km]i?b"
            + "|messages?|connections?|recipients?|times)";
    private static final Pattern STARTS_WITH_A_UNIT =
            Pattern.compile("[^A-Za-z0-9]*" + UNIT + "\\b.*", Pattern.CASE_INSENSITIVE);
    private static final Pattern NUMBER_WITH_UNIT = Pattern.compile("(\\d{1,6})" + UNIT, Pattern.CASE_INSENSITIVE);
    private static final Pattern QUEUED_AS =
            Pattern.compile("(?:queued as|\\bid[= ])\\s*<?([A-Za-z0-9._-]{4,100})", Pattern.CASE_INSENSITIVE);

    private final Personal personal;

    public Mask(Personal personal) {
        this.personal = personal;
    }

    /** What may be shown of a reply, or of another text that a server had a part in. */
    public String apply(String reply) {
        String queuedAs = queuedAs(reply);
        var shown = new StringBuilder();
        String enhanced = "";
        for (String line : reply.strip().lines().toList()) {
            String text = line;
            Matcher head = HEAD.matcher(line);
            if (head.find()) {
                text = line.substring(head.end());
                String own = head.group(3) == null ? "" : head.group(3);
                if (shown.isEmpty()) {
                    enhanced = own;
                    String separator = head.group(2) == null ? "" : head.group(2);
                    append(shown, (head.group(1) + separator + own).strip());
                } else if (!own.equals(enhanced)) {
                    append(shown, own);
                }
            }
            if (!appendSafe(shown, BLANK.split(text.strip(), -1), queuedAs)) {
                return shown.append(" …").toString();
            }
        }
        return shown.toString();
    }

    /** The provider's name of the message; null where it gave none, or one that says something of the row. */
    public @Nullable String queuedAs(String reply) {
        Matcher matcher = QUEUED_AS.matcher(reply);
        if (!matcher.find()) {
            return null;
        }
        String id = matcher.group(1);
        boolean looksLikeOne = id.chars().anyMatch(c -> c >= '0' && c <= '9');
        return looksLikeOne && !personal.contains(id) && !personal.isIn(id) ? id : null;
    }

    /** False when there was more to show than fits. */
    private boolean appendSafe(StringBuilder shown, String[] tokens, @Nullable String queuedAs) {
        for (int i = 0; i < tokens.length; i++) {
            String next = i + 1 < tokens.length ? tokens[i + 1] : "";
            String token = isSafe(tokens[i], next, queuedAs) ? tokens[i] : MASKED;
            if (shown.length() + token.length() + 3 > MAX_LENGTH) {
                return false;
            }
            boolean repeats = token.equals(MASKED) && shown.toString().endsWith(MASKED);
            if (!repeats) {
                append(shown, token);
            }
        }
        return true;
    }

    private static void append(StringBuilder shown, String token) {
        if (!token.isEmpty()) {
            shown.append(shown.isEmpty() ? "" : " ").append(token);
        }
    }

    private boolean isSafe(String token, String next, @Nullable String queuedAs) {
        if (token.isEmpty() || PUNCTUATION.matcher(token).matches()) {
            return true;
        }
        boolean plain = token.length() <= MAX_TOKEN && token.chars().allMatch(c -> c > ' ' && c < 127);
        // addresses, links, encoded words and percent-encoded text are never made of words of ours alone
        if (!plain || token.indexOf('@') >= 0 || token.indexOf('%') >= 0 || token.contains("//")) {
            return false;
        }
        String bare = token.replaceAll("^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "");
        if (bare.equals(queuedAs)) {
            return true;
        }
        if (CLOCK.matcher(bare).matches()) {
            return !personal.contains(bare);
        }
        String[] words = WORD.matcher(token).results().map(word -> word.group()).toArray(String[]::new);
        for (int i = 0; i < words.length; i++) {
            if (!isSafeWord(words[i], i + 1 < words.length ? words[i + 1] : next)) {
                return false;
            }
        }
        return words.length > 0;
    }

    private boolean isSafeWord(String word, String next) {
        String lower = word.toLowerCase(Locale.ROOT);
        if (ReplyWords.has(lower)) {
            return !personal.isWord(lower);
        }
        Matcher withUnit = NUMBER_WITH_UNIT.matcher(word);
        boolean harmless = (NUMBER.matcher(word).matches()
                        && STARTS_WITH_A_UNIT.matcher(next).matches())
                || withUnit.matches()
                || TAG.matcher(word).matches();
        return harmless && !personal.contains(withUnit.matches() ? withUnit.group(1) : lower);
    }
}
