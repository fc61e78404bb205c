package dev.tempost.demo;

import jakarta.mail.Header;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeUtility;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One mail the {@link Inbox} received. Nothing is decoded before somebody looks, and then only once. */
public final class ReceivedMail {

    private record Summary(String from, String to, String subject, String messageId) {}

    private final int number;
    private final Instant receivedAt;
    private final MimeMessage message;
    private @Nullable Summary summary;
    private @Nullable MailBody body;

    ReceivedMail(int number, Instant receivedAt, MimeMessage message) {
        this.number = number;
        this.receivedAt = receivedAt;
        this.message = message;
    }

    /** Counted from 1 in the order of arrival; never changes. */
    public int number() {
        return number;
    }

    public Instant receivedAt() {
        return receivedAt;
    }

    /** The {@code From} header, decoded; empty if there is none. */
    public String from() {
        return summary().from();
    }

    /** The {@code To} header, decoded; empty if there is none. The envelope may differ. */
    public String to() {
        return summary().to();
    }

    /** The subject, decoded; empty if there is none. */
    public String subject() {
        return summary().subject();
    }

    /** The {@code Message-ID} with its angle brackets; empty if there is none. */
    public String messageId() {
        return summary().messageId();
    }

    /** The first HTML part, as it was sent: not to be trusted; null if there is none. */
    public @Nullable String html() {
        return body().html();
    }

    /** The first plain text part; null if there is none. */
    public @Nullable String text() {
        return body().text();
    }

    /** All headers in their order, undecoded. */
    public List<Header> headers() {
        try {
            return Collections.list(message.getAllHeaders());
        } catch (MessagingException e) {
            throw unreadable(e);
        }
    }

    /** The mail as it came over the wire, with the trace headers the server put before it. */
    public String source() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            message.writeTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (MessagingException e) {
            throw unreadable(e);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** Whether sender, recipient, subject, Message-ID or text contain {@code words}, in any case. */
    boolean mentions(String words) {
        String wanted = words.toLowerCase(Locale.ROOT);
        String text = text();
        return Stream.of(from(), to(), subject(), messageId(), text == null ? "" : text)
                .anyMatch(part -> part.toLowerCase(Locale.ROOT).contains(wanted));
    }

    private synchronized Summary summary() {
        if (summary == null) {
            summary = new Summary(header("From"), header("To"), header("Subject"), header("Message-ID"));
        }
        return summary;
    }

    private synchronized MailBody body() {
        if (body == null) {
            body = MailBody.of(message);
        }
        return body;
    }

    private String header(String name) {
        try {
            String value = message.getHeader(name, ", ");
            return value == null ? "" : MimeUtility.decodeText(MimeUtility.unfold(value));
        } catch (MessagingException | IOException e) {
            return "(unreadable: " + e.getMessage() + ")";
        }
    }

    private IllegalStateException unreadable(MessagingException cause) {
        return new IllegalStateException("Mail " + number + " cannot be read", cause);
    }
}
