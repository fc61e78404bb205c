package dev.tempost.channels.email;

import java.io.ByteArrayOutputStream;
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

    private MimeBody() {}

    /** A boundary that no body contains, and the same for every attempt of a row. */
    static String boundary(UUID key) {
        return BOUNDARY_START + key;
    }

    /** Ends the header above with these two fields, and writes the text. */
    static void writePart(ByteArrayOutputStream out, String subtype, String text) {
        // quoted-printable writes = as =3D, so no text can contain a boundary
        boolean plain = !text.contains(BOUNDARY_START) && isPlain(text);
        line(out, "Content-Type: text/" + subtype + "; charset=UTF-8");
        line(out, "Content-Transfer-Encoding: " + (plain ? "7bit" : "quoted-printable"));
        line(out, "");
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (plain) {
            writePlain(out, bytes);
        } else {
            writeQuotedPrintable(out, bytes);
        }
    }

    static void line(ByteArrayOutputStream out, String line) {
        out.writeBytes(line.getBytes(StandardCharsets.UTF_8));
        lineEnd(out);
    }

    private static void lineEnd(ByteArrayOutputStream out) {
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

    private static void writePlain(ByteArrayOutputStream out, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            if (isLineEnd(bytes, i)) {
                lineEnd(out);
            } else if (bytes[i] != '\r') {
                out.write(bytes[i]);
            }
        }
        lineEnd(out);
    }

    // RFC 2045, 6.7
    private static void writeQuotedPrintable(ByteArrayOutputStream out, byte[] bytes) {
        int column = 0;
        for (int i = 0; i < bytes.length; i++) {
            int b = bytes[i] & 0xff;
            if (isLineEnd(bytes, i)) {
                lineEnd(out);
                column = 0;
                continue;
            }
            if (b == '\r') {
                continue;
            }
            boolean literal =
                    (b > ' ' && b <= '~' && b != '=') || ((b == ' ' || b == '\t') && !isBeforeLineEnd(bytes, i));
            int width = literal ? 1 : 3;
            if (column + width >= MAX_LINE) {
                out.write('=');
                lineEnd(out);
                column = 0;
            }
            if (literal) {
                out.write(b);
            } else {
                out.write('=');
                out.write(HEX[b >> 4]);
                out.write(HEX[b & 15]);
            }
            column += width;
        }
        lineEnd(out);
    }

    /** A line ends with LF, or with a CR that no LF follows; the CR of a pair is passed over. */
    private static boolean isLineEnd(byte[] bytes, int i) {
        return bytes[i] == '\n' || (bytes[i] == '\r' && (i + 1 == bytes.length || bytes[i + 1] != '\n'));
    }

    private static boolean isBeforeLineEnd(byte[] bytes, int i) {
        return i + 1 == bytes.length || bytes[i + 1] == '\n' || bytes[i + 1] == '\r';
    }
}
