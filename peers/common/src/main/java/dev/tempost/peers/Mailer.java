package dev.tempost.peers;

import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Sends one small mail, the same for every peer. By default over a connection of its own, as {@code Transport.send} and
 * Spring's {@code JavaMailSenderImpl} do; tuned over connections that are kept.
 */
public final class Mailer {

    private final Session session;
    private final boolean keep;
    private final ConcurrentLinkedDeque<Transport> idle = new ConcurrentLinkedDeque<>();

    public Mailer(Settings settings) {
        Properties properties = new Properties();
        properties.put("mail.smtp.host", "127.0.0.1");
        properties.put("mail.smtp.port", Integer.toString(settings.smtpPort()));
        // without them a send may wait for ever:
        // https://eclipse-ee4j.github.io/angus-mail/docs/api/org.eclipse.angus.mail/
        properties.put("mail.smtp.connectiontimeout", "10000");
        properties.put("mail.smtp.timeout", "60000");
        properties.put("mail.smtp.writetimeout", "60000");
        session = Session.getInstance(properties);
        keep = settings.tuned();
    }

    public void send(String id) throws MessagingException {
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress("bench@example.com"));
        message.setRecipient(Message.RecipientType.TO, new InternetAddress(id + "@example.com"));
        message.setSubject("Welcome, Ada");
        message.setText("Hi Ada, good to see you.", "UTF-8");
        if (keep) {
            message.saveChanges();
            sendKeeping(message);
        } else {
            Transport.send(message);
        }
    }

    private void sendKeeping(MimeMessage message) throws MessagingException {
        Transport transport = idle.pollFirst();
        if (transport == null || !transport.isConnected()) {
            transport = session.getTransport("smtp");
            transport.connect();
        }
        try {
            transport.sendMessage(message, message.getAllRecipients());
        } catch (MessagingException e) {
            transport.close();
            throw e;
        }
        idle.addFirst(transport);
    }
}
