package dev.tempost.channels.email;

import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.workflows.FailureType;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.InternetHeaders;
import jakarta.mail.internet.MimeUtility;
import java.io.ByteArrayOutputStream;
import java.io.UnsupportedEncodingException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Makes a mail of a row. */
final class MailComposer {

    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, d MMM yyyy HH:mm:ss Z", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private final Templates templates;
    private final Clock clock;

    MailComposer(Templates templates, Clock clock) {
        this.templates = templates;
        this.clock = clock;
    }

    ComposedMail compose(OutgoingMessage delivery, SmtpProvider provider) {
        Recipient recipient = Recipient.of(delivery.recipient());
        StrictMap payload = JsonObjects.read("payload", delivery.payload());
        RenderedMail rendered = templates.render(delivery.eventType(), payload);
        InternetAddress sender = provider.sender();
        ByteArrayOutputStream content;
        try {
            content = write(delivery, provider, sender, recipient, rendered);
        } catch (UnsupportedEncodingException e) {
            throw new IllegalStateException("cannot compose the mail of row " + delivery.id(), e);
        }
        if (content.size() > provider.limits().maxMessageBytes()) {
            throw new UnsendableRow(
                    FailureType.PAYLOAD_INVALID,
                    "the mail has " + content.size() + " bytes, more than provider '" + provider.name() + "' takes ("
                            + provider.limits().maxMessageBytes() + "): make the row's payload smaller, then retry");
        }
        return new ComposedMail(
                sender.getAddress(),
                recipient.address(),
                !recipient.hasAsciiLocalPart(),
                content,
                Personal.of(delivery.recipient(), payload));
    }

    private ByteArrayOutputStream write(
            OutgoingMessage delivery,
            SmtpProvider provider,
            InternetAddress sender,
            Recipient recipient,
            RenderedMail mail)
            throws UnsupportedEncodingException {
        var headers = new InternetHeaders();
        headers.setHeader("Date", DATE.format(clock.instant()));
        headers.setHeader("From", sender.toString());
        headers.setHeader("To", MimeUtility.fold(4, recipient.mailbox().toString()));
        headers.setHeader("Subject", HeaderText.encoded("Subject", mail.subject()));
        // the same in every attempt, which is how a recipient's server can tell a second copy
        headers.setHeader("Message-ID", provider.messageId(delivery.key()));
        headers.setHeader("MIME-Version", "1.0");
        headers.setHeader("Auto-Submitted", "auto-generated");
        MailHeaders.addTo(headers, delivery.headers());

        var out = new ByteArrayOutputStream(4096);
        for (var lines = headers.getAllHeaderLines(); lines.hasMoreElements(); ) {
            MimeBody.line(out, lines.nextElement());
        }
        writeBody(out, MimeBody.boundary(delivery.key()), mail);
        return out;
    }

    private static void writeBody(ByteArrayOutputStream out, String boundary, RenderedMail mail) {
        String text = mail.text();
        String html = mail.html();
        if (text != null && html != null) {
            MimeBody.line(out, "Content-Type: multipart/alternative; boundary=\"" + boundary + "\"");
            MimeBody.line(out, "");
            MimeBody.line(out, "--" + boundary);
            MimeBody.writePart(out, "plain", text);
            MimeBody.line(out, "--" + boundary);
            MimeBody.writePart(out, "html", html);
            MimeBody.line(out, "--" + boundary + "--");
        } else if (html != null) {
            MimeBody.writePart(out, "html", html);
        } else {
            MimeBody.writePart(out, "plain", String.valueOf(text));
        }
    }
}
