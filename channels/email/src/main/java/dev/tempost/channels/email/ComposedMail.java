package dev.tempost.channels.email;

import dev.tempost.activities.reply.Personal;

/**
 * A mail ready to be handed over.
 *
 * @param envelopeFrom the bare address of the sender
 * @param envelopeTo the bare address of the recipient
 * @param needsSmtpUtf8 whether the recipient's local part is not ASCII
 * @param content the whole message, CRLF at its line ends
 * @param personal what must not be repeated of it
 */
record ComposedMail(
        String envelopeFrom, String envelopeTo, boolean needsSmtpUtf8, MailContent content, Personal personal) {}
