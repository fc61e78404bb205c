package dev.tempost.channels.email;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Writes the body of a mail. Angus Mail could, but looks up its encoders anew for every part, which took a hundred times
 * as long as rendering the templates.
 */
final class MimeBody {

    private static final int MAX_LINE = 76;
    private static final String BOUNDARY_START = "=_";
    private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

    private final MailContent out;
    private int column;

    private MimeBody(MailContent out) {
        this.out = out;
    }

    /** A boundary that no body contains, and the same for every attempt of a row. */
    static String boundary(UUID key) {
        return BOUNDARY_START + key;
    }

    /** Ends the header above with these two fields, and writes the text. */
    static void writePart(MailContent out, String subtype, String text) {
        // quoted-printable writes = as =3D, so no text can contain a boundary
        boolean plain = !text.contains(BOUNDARY_START) && isPlain(text);
        line(out, "Content-Type: text/" + subtype + "; charset=UTF-8");
        line(out, "Content-Transfer-Encoding: " + (plain ? "7bit" : "quoted-printable"));
        line(out, "");
        var body = new MimeBody(out);
        if (plain) {
            body.writePlain(text);
        } else {
            body.writeQuotedPrintable(text);
        }
    }

    static void line(MailContent out, String line) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        out.write(bytes, 0, bytes.length);
        out.write('\r');
        out.write('\n');
    }

    private static boolean isPlain(String text) {
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || c == '\r') {
                length = 0;
            } else if ((c < ' ' && c != '\t') || c > '~' || ++length > MAX_LINE) {
                return false;
            }
        }
        return true;
    }

    private void writePlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isLineEnd(text, i)) {
                lineEnd();
            } else if (text.charAt(i) != '\r') {
                out.write(text.charAt(i));
            }
        }
        lineEnd();
    }

    // RFC 2045, 6.7
    private void writeQuotedPrintable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isLineEnd(text, i)) {
                lineEnd();
            } else if ((c > ' ' && c <= '~' && c != '=') || ((c == ' ' || c == '\t') && !isBeforeLineEnd(text, i))) {
                makeRoom(1);
                out.write(c);
            } else if (c < 0x80) {
                if (c != '\r') {
                    escape(c);
                }
            } else {
                i += writeBeyondAscii(text, i);
            }
        }
        lineEnd();
    }

    /** Returns how many characters more than one it took. */
    private int writeBeyondAscii(String text, int i) {
        boolean pair = Character.isHighSurrogate(text.charAt(i))
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        for (byte b : text.substring(i, pair ? i + 2 : i + 1).getBytes(StandardCharsets.UTF_8)) {
            escape(b & 0xff);
        }
        return pair ? 1 : 0;
    }

    private void escape(int b) {
        makeRoom(3);
        out.write('=');
        out.write(HEX[b >> 4]);
        out.write(HEX[b & 15]);
    }

    private void makeRoom(int width) {
        if (column + width >= MAX_LINE) {
            out.write('=');
            lineEnd();
        }
        column += width;
    }

    private void lineEnd() {
        out.write('\r');
        out.write('\n');
        column = 0;
    }

    /** A line ends with LF, or with a CR that no LF follows; the CR of a pair is passed over. */
    private static boolean isLineEnd(String text, int i) {
        return text.charAt(i) == '\n'
                || (text.charAt(i) == '\r' && (i + 1 == text.length() || text.charAt(i + 1) != '\n'));
    }

    private static boolean isBeforeLineEnd(String text, int i) {
        return i + 1 == text.length() || text.charAt(i + 1) == '\n' || text.charAt(i + 1) == '\r';
    }
}
