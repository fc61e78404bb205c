package dev.tempost.channels.email;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What an address, or a domain as {@code @domain}, may look like in a row: its domain in ASCII, and in letters of its own. */
public final class AddressSpellings {

    private AddressSpellings() {}

    /**
     * Every spelling, in lower case, the one with a domain in ASCII first.
     *
     * @throws IllegalArgumentException when it is neither; completes the sentence "it …" and does not quote it
     */
    public static List<String> of(String text) {
        if (text.startsWith("@")) {
            String domain = Domain.toAscii(text.substring(1));
            if (domain == null) {
                throw new IllegalArgumentException("names a domain that is none");
            }
            return spelled("", domain);
        }
        try {
            Mailbox mailbox = Mailbox.of(text);
            String address = mailbox.address();
            String local = address.substring(0, address.lastIndexOf('@'));
            if (text.indexOf('<') >= 0 || text.indexOf('(') >= 0 || text.indexOf(',') >= 0) {
                throw new IllegalArgumentException("has a name or a comment beside the address");
            }
            return spelled(local.toLowerCase(Locale.ROOT), mailbox.domain());
        } catch (NotAMailbox e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static List<String> spelled(String local, String domain) {
        Set<String> spellings = new LinkedHashSet<>();
        spellings.add(local + "@" + domain);
        spellings.add(local + "@" + Domain.toUnicode(domain));
        return List.copyOf(spellings);
    }
}
