package dev.tempost.channels.email;

import jakarta.mail.internet.InternetAddress;
import java.io.UnsupportedEncodingException;

/** Encodes the names beside addresses: Angus Mail keeps a parsed one as it came, and headers are ASCII. */
final class DisplayName {

    private DisplayName() {}

    static InternetAddress encoded(InternetAddress mailbox) {
        try {
            mailbox.setPersonal(mailbox.getPersonal(), "UTF-8");
            return mailbox;
        } catch (UnsupportedEncodingException e) {
            throw new IllegalStateException("every Java knows UTF-8", e);
        }
    }
}
