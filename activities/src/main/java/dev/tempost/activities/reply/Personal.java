package dev.tempost.activities.reply;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a row says of a person: its recipient, and the values of its payload. */
public final class Personal {

    /** Where no row has a part in what is said. */
    public static final Personal NOTHING = new Personal();

    /** A longer text is prose: its words are everybody's, its numbers are not. */
    private static final int LONGEST_NAME = 40;

    /** Two letters are in many a word by chance. */
    private static final int TOO_SHORT_TO_SEARCH = 3;

    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}\\p{N}]+");
    private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{M}\\p{N}]+");

    // strings and not sets: of a payload of short words a set would make fifty times its size
    private final StringBuilder words = new StringBuilder(" ");
    private final StringBuilder all = new StringBuilder();

    private Personal() {}

    /**
     * What a row says.
     *
     * @param values of its payload: texts, numbers, and lists and maps of them
     */
    public static Personal of(@Nullable String recipient, Iterable<?> values) {
        var personal = new Personal();
        if (recipient != null) {
            personal.addName(recipient);
            personal.addWord(squeezed(recipient.substring(0, Math.max(0, recipient.lastIndexOf('@')))));
        }
        personal.addAll(values);
        return personal;
    }

    /** Whether that word, in lower case, is one of the address, of a name or of another short value. */
    boolean isWord(String word) {
        return !word.isEmpty() && words.indexOf(" " + word + " ") >= 0;
    }

    /** Whether those letters and digits occur anywhere, punctuation and blanks aside. */
    boolean contains(String text) {
        String squeezed = squeezed(text);
        return !squeezed.isEmpty() && all.indexOf(squeezed) >= 0;
    }

    /** Whether one of those words stands in it, or a longer one is somewhere in it, punctuation and blanks aside. */
    boolean isIn(String text) {
        String squeezed = squeezed(text);
        for (int from = 1; from < words.length(); ) {
            int to = words.indexOf(" ", from);
            if (to - from >= TOO_SHORT_TO_SEARCH && squeezed.contains(words.subSequence(from, to))) {
                return true;
            }
            from = to + 1;
        }
        return WORD.matcher(text.toLowerCase(Locale.ROOT)).results().anyMatch(word -> isWord(word.group()));
    }

    private void addAll(Iterable<?> values) {
        for (Object value : values) {
            switch (value) {
                case Map<?, ?> object -> addAll(object.values());
                case List<?> array -> addAll(array);
                case null -> {}
                default -> add(value.toString());
            }
        }
    }

    private void add(String value) {
        if (value.length() <= LONGEST_NAME) {
            addName(value);
        } else {
            all.append(squeezed(value)).append('\n');
        }
    }

    private void addName(String value) {
        WORD.matcher(value.toLowerCase(Locale.ROOT)).results().forEach(word -> addWord(word.group()));
        all.append(squeezed(value)).append('\n');
    }

    private void addWord(String word) {
        words.append(word).append(' ');
    }

    private static String squeezed(String text) {
        return NO_WORD.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
    }
}
