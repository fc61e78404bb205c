package dev.tempost.channels.email;

import com.ibm.icu.text.SpoofChecker;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/**
 * Text from elsewhere as people may read it, in logs, on a terminal or in a page: what it shows is what it is. The one place for
 * what may be shown.
 */
public final class SafeText {

    private static final SpoofChecker SPOOFS = new SpoofChecker.Builder()
            .setChecks(SpoofChecker.RESTRICTION_LEVEL | SpoofChecker.INVISIBLE | SpoofChecker.MIXED_NUMBERS)
            .setRestrictionLevel(SpoofChecker.RestrictionLevel.HIGHLY_RESTRICTIVE)
            .build();

    private SafeText() {}

    /** Control characters, those that turn the direction of writing and those that cannot be seen, as their numbers. */
    public static String of(String text) {
        if (text.codePoints().noneMatch(SafeText::isInvisible)) {
            return text;
        }
        return text.codePoints()
                .mapToObj(c -> isInvisible(c) ? String.format("\\u{%04X}", c) : Character.toString(c))
                .collect(Collectors.joining());
    }

    /**
     * An address, without a name beside it: as {@link #of}, and a domain that could be taken for another in the form that DNS
     * knows, such as {@code xn--e1awd7f}.
     */
    public static String address(String address) {
        int domain = address.lastIndexOf('@') + 1;
        return of(address.substring(0, domain)) + domain(address.substring(domain));
    }

    /** A domain, as in {@link #address}. */
    public static String domain(String domain) {
        String ascii = Domain.toAscii(domain);
        if (ascii == null || isAscii(domain)) {
            return of(domain);
        }
        String unicode = Domain.toUnicode(domain);
        boolean belowAscii = isAscii(unicode.substring(unicode.lastIndexOf('.') + 1));
        for (String label : unicode.split("\\.", -1)) {
            // of several scripts, or all of another one that looks like ASCII, below an ending that says nothing of it
            if (!isAscii(label) && (SPOOFS.failsChecks(label) || (belowAscii && isAscii(SPOOFS.getSkeleton(label))))) {
                return ascii;
            }
            // a joiner between Persian letters is allowed in a name; a letter may be newer than what the JDK knows
            if (label.codePoints().anyMatch(SafeText::isInvisible)) {
                return ascii;
            }
        }
        return unicode;
    }

    static boolean isInvisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> true;
            case Character.SPACE_SEPARATOR -> c != ' ';
            default -> false;
        };
    }

    private static boolean isAscii(String text) {
        return StandardCharsets.US_ASCII.newEncoder().canEncode(text);
    }
}
