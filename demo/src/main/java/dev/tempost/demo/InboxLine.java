package dev.tempost.demo;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** One line of the inbox, by the names that its template uses. */
public record InboxLine(
        int number, String from, String to, String subject, String messageId, Instant receivedAt, String time) {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    static InboxLine of(ReceivedMail mail, ZoneId zone) {
        return new InboxLine(
                mail.number(),
                mail.from(),
                mail.to(),
                mail.subject(),
                mail.messageId(),
                mail.receivedAt(),
                mail.receivedAt().atZone(zone).format(TIME));
    }
}
