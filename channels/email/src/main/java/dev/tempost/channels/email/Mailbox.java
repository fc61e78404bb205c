package dev.tempost.channels.email;

import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One address, perhaps with a name beside it, that SMTP can take.
 *
 * @param header as it stands in a header: the name is encoded, since Angus Mail keeps a parsed one as it came
 * @param address the bare address, its domain in ASCII
 */
record Mailbox(InternetAddress header, String address) {

    private static final String ATOM_SIGNS = ".!#$%&'*+-/=?^_`{|}~";

    // and what is quoted, so that nothing is found in it
    private static final Pattern DOMAINS = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"|@([^\\s<>@,;:()\"\\[\\]\\\\]+)");

    // RFC 5321, 4.5.3.1
    private static final int MAX_LOCAL_PART = 64;
    private static final int MAX_ADDRESS = 254;

    static Mailbox of(String text) throws NotAMailbox {
        checkCharacters(text);
        if (isFollowedByText(text)) {
            throw new NotAMailbox("is not one address with a domain");
        }
        try {
            return of(new InternetAddress(withAsciiDomains(text), true));
        } catch (AddressException e) {
            // its message quotes the address
            throw new NotAMailbox("is not an address");
        }
    }

    static List<Mailbox> listOf(String text) throws NotAMailbox {
        checkCharacters(text);
        try {
            List<Mailbox> mailboxes = new ArrayList<>();
            for (InternetAddress parsed : InternetAddress.parse(withAsciiDomains(text), true)) {
                mailboxes.add(of(parsed));
            }
            return mailboxes;
        } catch (AddressException e) {
            throw new NotAMailbox("is not a list of addresses");
        }
    }

    String domain() {
        return address.substring(address.lastIndexOf('@') + 1);
    }

    /** Whether any server can take it; otherwise only one with SMTPUTF8. */
    boolean hasAsciiLocalPart() {
        return StandardCharsets.US_ASCII.newEncoder().canEncode(address);
    }

    private static Mailbox of(InternetAddress parsed) throws NotAMailbox {
        String bare = parsed.getAddress();
        int at = bare.lastIndexOf('@');
        if (parsed.isGroup() || at <= 0 || at == bare.length() - 1 || bare.charAt(0) == '@') {
            throw new NotAMailbox("is not one address with a domain");
        }
        String local = bare.substring(0, at);
        String domain = Domain.toAscii(bare.substring(at + 1));
        if (domain == null) {
            throw new NotAMailbox("has a domain that is none");
        }
        String address = local + "@" + domain;
        if (local.length() > MAX_LOCAL_PART || address.length() > MAX_ADDRESS) {
            throw new NotAMailbox("is longer than an address may be");
        }
        if (local.codePoints().anyMatch(SafeText::isInvisible)) {
            throw new NotAMailbox("has an invisible character in it");
        }
        if (!local.codePoints().allMatch(Mailbox::mayStandUnquoted)) {
            throw new NotAMailbox("has a local part that would need quotes");
        }
        try {
            return new Mailbox(new InternetAddress(address, parsed.getPersonal(), "UTF-8"), address);
        } catch (UnsupportedEncodingException e) {
            throw new IllegalStateException("every Java knows UTF-8", e);
        }
    }

    // two addresses that look alike must not be two; and what has no UTF-8 would be sent as a question mark. The
    // joiners belong
    // to the spelling of some languages; UTS 46 says where in a domain
    private static void checkCharacters(String text) throws NotAMailbox {
        if (text.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0)) {
            throw new NotAMailbox("has a line break or a NUL in it");
        }
        if (text.codePoints().anyMatch(c -> SafeText.isInvisible(c) && c != 0x200c && c != 0x200d)) {
            throw new NotAMailbox("has an invisible character in it");
        }
    }

    // Angus Mail takes no domain with vowel signs or joiners, which many languages need
    private static String withAsciiDomains(String text) {
        return DOMAINS.matcher(text).replaceAll(found -> {
            String domain = found.group(1);
            String ascii = domain == null ? null : Domain.toAscii(domain);
            return Matcher.quoteReplacement(ascii == null ? found.group() : "@" + ascii);
        });
    }

    // quoted ones are allowed by RFC 5321, refused by most servers, and misread by some
    private static boolean mayStandUnquoted(int c) {
        return c >= 0x80 || Character.isLetterOrDigit(c) || ATOM_SIGNS.indexOf(c) >= 0;
    }

    // Angus Mail drops what comes after the closing bracket
    private static boolean isFollowedByText(String text) {
        int open = text.lastIndexOf('<');
        int close = text.lastIndexOf('>');
        return open >= 0 && close > open && !text.substring(close + 1).isBlank();
    }
}
