package dev.tempost.activities.email;

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

    // RFC 5321, 4.5.3.1
    private static final int MAX_LOCAL_PART = 64;
    private static final int MAX_ADDRESS = 254;

    static Recipient of(@Nullable String column) {
        if (column == null || column.isBlank()) {
            throw invalid("is empty");
        }
        if (column.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0)) {
            throw invalid("has a line break or a NUL in it");
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
            if (local.chars().anyMatch(Character::isISOControl)) {
                throw invalid("has a control character in it");
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
