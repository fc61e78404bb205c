package dev.tempost.app.chaos;

import dev.tempost.app.chaos.check.Mail;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Received;

/** Reads a received mail by its lines. */
final class Sink {

    private Sink() {}

    static Mail mail(Received received) {
        String recipient = received.to().getFirst();
        String[] lines = received.raw().split("\r\n\r\n", 2)[0].split("\r\n");
        return new Mail(
                recipient.substring(0, recipient.indexOf('@')),
                header(lines, "Subject: ").replace("Token ", ""),
                header(lines, "Message-ID: "));
    }

    private static String header(String[] lines, String name) {
        for (String line : lines) {
            if (line.startsWith(name)) {
                return line.substring(name.length());
            }
        }
        return "";
    }
}
