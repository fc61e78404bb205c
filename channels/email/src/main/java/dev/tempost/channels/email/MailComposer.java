package dev.tempost.channels.email;

import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.activities.channel.UnsendableRow;
import dev.tempost.activities.reply.Personal;
import dev.tempost.workflows.FailureType;
import jakarta.mail.internet.InternetHeaders;
import jakarta.mail.internet.MimeUtility;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** Makes a mail of a row. */
final class MailComposer {

    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, d MMM yyyy HH:mm:ss Z", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    // below, a rendering would hardly ever end well
    private static final int WORTH_A_TRY = 16 << 10;

    private final Templates templates;
    private final MailHeaders custom;
    private final Clock clock;

    /** @param custom which headers a row may add */
    MailComposer(Templates templates, MailHeaders custom, Clock clock) {
        this.templates = templates;
        this.custom = custom;
        this.clock = clock;
    }

    /**
     * Makes it of what a small message may take up, and only when that is too little of more.
     *
     * @param reserve asked for so many bytes before a large one is made
     * @return null when there is no room for a large one
     */
    @Nullable
    ComposedMail compose(OutgoingMessage delivery, SmtpProvider provider, LongPredicate reserve) {
        Mailbox recipient = Recipient.of(delivery.recipient());
        JsonObjects.checkSize("payload", delivery.payload());
        JsonObjects.checkSize("headers", delivery.headers());
        long read = Footprint.of(delivery.payload()) + Footprint.of(delivery.headers());
        int room = Math.clamp((Transmission.SMALL - read) / Footprint.RENDERED, 0, RenderingLimit.MAX_CHARACTERS);
        if (room >= WORTH_A_TRY) {
            try {
                return compose(delivery, provider, recipient, new RenderingLimit(room));
            } catch (RenderingLimit.Reached more) {
                // than a small message may take up
            }
        }
        return reserve.test(read + (long) Footprint.RENDERED * RenderingLimit.MAX_CHARACTERS)
                ? compose(delivery, provider, recipient, new RenderingLimit(RenderingLimit.MAX_CHARACTERS))
                : null;
    }

    /** Makes one that no row asked for. */
    ComposedMail test(SmtpProvider provider, Mailbox recipient) {
        var content = new MailContent(provider.limits().maxMessageBytes());
        write(
                content,
                new OutgoingMessage(0, UUID.randomUUID(), "", "", recipient.address(), "{}", "{}", provider.name()),
                provider,
                provider.sender(),
                recipient,
                new RenderedMail(
                        "Tempost test: provider " + provider.name(),
                        "An operator sent this to see whether provider " + provider.name() + " takes mails. It did.\n",
                        null));
        return new ComposedMail(
                provider.sender().address(),
                recipient.address(),
                !recipient.hasAsciiLocalPart(),
                content,
                Personal.of(recipient.address(), List.of()));
    }

    private ComposedMail compose(
            OutgoingMessage delivery, SmtpProvider provider, Mailbox recipient, RenderingLimit limit) {
        StrictMap payload = JsonObjects.read("payload", delivery.payload());
        RenderedMail rendered = templates.render(delivery.eventType(), payload, limit);
        Mailbox sender = provider.sender();
        var content = new MailContent(provider.limits().maxMessageBytes());
        try {
            write(content, delivery, provider, sender, recipient, rendered);
        } catch (MailContent.TooLarge e) {
            throw new UnsendableRow(
                    FailureType.PAYLOAD_INVALID,
                    "the mail has more bytes than provider '" + provider.name() + "' takes ("
                            + provider.limits().maxMessageBytes() + "): make the row's payload smaller, then retry");
        }
        return new ComposedMail(
                sender.address(),
                recipient.address(),
                !recipient.hasAsciiLocalPart(),
                content,
                Personal.of(delivery.recipient(), payload.values()));
    }

    private void write(
            MailContent out,
            OutgoingMessage delivery,
            SmtpProvider provider,
            Mailbox sender,
            Mailbox recipient,
            RenderedMail mail) {
        var headers = new InternetHeaders();
        headers.setHeader("Date", DATE.format(clock.instant()));
        headers.setHeader("From", MimeUtility.fold(6, sender.header().toString()));
        headers.setHeader("To", MimeUtility.fold(4, recipient.header().toString()));
        headers.setHeader("Subject", HeaderText.encoded("Subject", mail.subject()));
        // the same in every attempt, which is how a recipient's server can tell a second copy
        headers.setHeader("Message-ID", provider.messageId(delivery.key()));
        headers.setHeader("MIME-Version", "1.0");
        headers.setHeader("Auto-Submitted", "auto-generated");
        custom.addTo(headers, delivery.headers());

        for (var lines = headers.getAllHeaderLines(); lines.hasMoreElements(); ) {
            MimeBody.line(out, lines.nextElement());
        }
        writeBody(out, MimeBody.boundary(delivery.key()), mail);
    }

    private static void writeBody(MailContent out, String boundary, RenderedMail mail) {
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
