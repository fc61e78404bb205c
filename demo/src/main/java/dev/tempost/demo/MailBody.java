package dev.tempost.demo;

import jakarta.mail.BodyPart;
import jakarta.mail.MessagingException;
import jakarta.mail.Multipart;
import jakarta.mail.Part;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a mail has to read.
 *
 * @param html the first HTML part; null if there is none
 * @param text the first plain text part; null if there is none
 */
record MailBody(@Nullable String html, @Nullable String text) {

    static MailBody of(Part mail) {
        return new MailBody(firstPart(mail, "text/html"), firstPart(mail, "text/plain"));
    }

    private static @Nullable String firstPart(Part part, String type) {
        try {
            if (part.isMimeType(type)) {
                return part.getContent() instanceof String content ? content : null;
            }
            if (part.isMimeType("multipart/*") && part.getContent() instanceof Multipart parts) {
                for (int i = 0; i < parts.getCount(); i++) {
                    BodyPart child = parts.getBodyPart(i);
                    String content = firstPart(child, type);
                    if (content != null) {
                        return content;
                    }
                }
            }
            return null;
        } catch (MessagingException | IOException e) {
            return "(unreadable: " + e.getMessage() + ")";
        }
    }
}
