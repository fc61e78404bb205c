package dev.tempost.channels.email;

import jakarta.mail.internet.MimeUtility;
import java.io.UnsupportedEncodingException;

/** Writes text into a header: encoded where it is not plain ASCII, folded, and never in a line longer than mail allows. */
final class HeaderText {

    /** Short enough that even one long word, which cannot be folded, fits into the 998 characters of RFC 5322. */
    static final int MAX_LENGTH = 900;

    private HeaderText() {}

    static String encoded(String name, String value) throws UnsupportedEncodingException {
        return MimeUtility.fold(name.length() + 2, MimeUtility.encodeText(value, "UTF-8", null));
    }
}
