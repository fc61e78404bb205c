package dev.tempost.channels.email;

import dev.tempost.workflows.FailureType;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.io.UnsupportedEncodingException;
import java.net.IDN;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A recipient that SMTP can take.
 *
 * @param mailbox for the To header
 * @param address the bare address, its domain in ASCII
 * @param hasAsciiLocalPart whether any server can take it; otherwise only one with SMTPUTF8
 */
record Recipient(InternetAddress mailbox, String address, boolean hasAsciiLocalPart) {

    private static final int MAX_COLUMN = 500;
    private static final String ATOM_SIGNS = ".!#$%&'*+-/=?^_`{|}~";

    // RFC 5321, 4.5.3.1
    private static final int MAX_LOCAL_PART = 64;
    private static final int MAX_ADDRESS = 254;

    static Recipient of(@Nullable String column) {
        if (column == null || column.isBlank()) {
            throw invalid("is empty");
        }
        if (column.length() > MAX_COLUMN) {
            throw invalid("is longer than an address and a name may be");
        }
        if (column.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0)) {
            throw invalid("has a line break or a NUL in it");
        }
        if (column.codePoints().anyMatch(Recipient::isInvisible)) {
            throw invalid("has an invisible character in it");
        }
        try {
            var mailbox = new InternetAddress(column, true);
            String bare = mailbox.getAddress();
            int at = bare.lastIndexOf('@');
            if (isFollowedByText(column)
                    || mailbox.isGroup()
                    || at <= 0
                    || at == bare.length() - 1
                    || bare.charAt(0) == '@') {
                throw invalid("is not one address with a domain");
            }
            String local = bare.substring(0, at);
            String address = local + "@" + IDN.toASCII(bare.substring(at + 1), IDN.USE_STD3_ASCII_RULES);
            if (local.length() > MAX_LOCAL_PART || address.length() > MAX_ADDRESS) {
                throw invalid("is longer than an address may be");
            }
            if (!local.codePoints().allMatch(Recipient::mayStandUnquoted)) {
                throw invalid("has a local part that would need quotes");
            }
            return new Recipient(
                    new InternetAddress(address, mailbox.getPersonal(), "UTF-8"),
                    address,
                    StandardCharsets.US_ASCII.newEncoder().canEncode(local));
        } catch (AddressException | IllegalArgumentException | UnsupportedEncodingException e) {
            // their messages quote the address
            throw invalid("is not an address");
        }
    }

    // two addresses that look alike must not be two; and what has no UTF-8 would be sent as a question mark
    private static boolean isInvisible(int c) {
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

    // quoted ones are allowed by RFC 5321, refused by most servers, and misread by some
    private static boolean mayStandUnquoted(int c) {
        return c >= 0x80 || Character.isLetterOrDigit(c) || ATOM_SIGNS.indexOf(c) >= 0;
    }

    // Angus Mail drops what comes after the closing bracket
    private static boolean isFollowedByText(String column) {
        int open = column.lastIndexOf('<');
        int close = column.lastIndexOf('>');
        return open >= 0 && close > open && !column.substring(close + 1).isBlank();
    }

    // never the address itself: the message reaches Temporal and the logs
    private static UnsendableRow invalid(String what) {
        return new UnsendableRow(
                FailureType.RECIPIENT_INVALID,
                "column recipient " + what + ": set it to one address like name@example.com, then retry");
    }
}
