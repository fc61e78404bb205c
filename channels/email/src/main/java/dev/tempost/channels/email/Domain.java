package dev.tempost.channels.email;

import com.ibm.icu.lang.UCharacter;
import com.ibm.icu.lang.UCharacterEnums.ECharacterCategory;
import com.ibm.icu.lang.UProperty;
import com.ibm.icu.text.IDNA;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Domains as DNS and SMTP know them: by UTS 46, non-transitional, and of what that takes only what IDNA 2008 allows. IDNA 2003,
 * which Java itself has, sends {@code faß.de} to {@code fass.de}, which is somebody else.
 */
final class Domain {

    private static final IDNA UTS46 = IDNA.getUTS46Instance(IDNA.USE_STD3_RULES
            | IDNA.CHECK_BIDI
            | IDNA.CHECK_CONTEXTJ
            | IDNA.CHECK_CONTEXTO
            | IDNA.NONTRANSITIONAL_TO_ASCII
            | IDNA.NONTRANSITIONAL_TO_UNICODE);
    private static final Pattern ASCII = Pattern.compile("(?:[a-z0-9-]+\\.)*[a-z0-9-]+");

    // no letters, marks or digits, and allowed all the same: some everywhere, some by rules that ICU checks (RFC 5892,
    // 2.6 and A)
    private static final String ALSO_ALLOWED = "-.\u00b7\u0375\u05f3\u05f4\u06fd\u06fe\u0f0b\u3007\u30fb\u200c\u200d";
    // the other way round (2.6)
    private static final String NOT_ALLOWED = "\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b";

    private Domain() {}

    /** In ASCII, lower case; null for what is no domain. */
    static @Nullable String toAscii(String domain) {
        var ascii = new StringBuilder();
        var info = new IDNA.Info();
        UTS46.nameToASCII(domain, ascii, info);
        Set<IDNA.Error> errors = EnumSet.noneOf(IDNA.Error.class);
        errors.addAll(info.getErrors());
        boolean spelledInAscii = StandardCharsets.US_ASCII.newEncoder().canEncode(domain);
        if (spelledInAscii) {
            // nothing is encoded, and such hosts exist
            errors.remove(IDNA.Error.HYPHEN_3_4);
        }
        return errors.isEmpty() && ASCII.matcher(ascii).matches() && (spelledInAscii || isAllowed(domain))
                ? ascii.toString()
                : null;
    }

    /** With letters beyond ASCII where it has some. */
    static String toUnicode(String domain) {
        var unicode = new StringBuilder();
        UTS46.nameToUnicode(domain, unicode, new IDNA.Info());
        return unicode.toString();
    }

    /** Symbols, and emoji with them, are for UTS 46 to read and for nobody to register. */
    private static boolean isAllowed(String domain) {
        return toUnicode(domain).codePoints().allMatch(Domain::isAllowed);
    }

    private static boolean isAllowed(int c) {
        if (ALSO_ALLOWED.indexOf(c) >= 0) {
            return true;
        }
        boolean letterOrDigit = switch (UCharacter.getType(c)) {
            // what has a small letter was mapped to it
            case ECharacterCategory.UPPERCASE_LETTER,
                    ECharacterCategory.LOWERCASE_LETTER,
                    ECharacterCategory.OTHER_LETTER,
                    ECharacterCategory.MODIFIER_LETTER,
                    ECharacterCategory.NON_SPACING_MARK,
                    ECharacterCategory.COMBINING_SPACING_MARK,
                    ECharacterCategory.DECIMAL_DIGIT_NUMBER -> true;
            default -> false;
        };
        return letterOrDigit && NOT_ALLOWED.indexOf(c) < 0 && !isNotation(c) && !isOldHangul(c);
    }

    // marks on symbols, and music (2.4)
    private static boolean isNotation(int c) {
        return (c >= 0x20d0 && c <= 0x20ff) || (c >= 0x1d100 && c <= 0x1d24f);
    }

    private static boolean isOldHangul(int c) {
        return switch (UCharacter.getIntPropertyValue(c, UProperty.HANGUL_SYLLABLE_TYPE)) {
            case UCharacter.HangulSyllableType.LEADING_JAMO,
                    UCharacter.HangulSyllableType.VOWEL_JAMO,
                    UCharacter.HangulSyllableType.TRAILING_JAMO -> true;
            default -> false;
        };
    }
}
