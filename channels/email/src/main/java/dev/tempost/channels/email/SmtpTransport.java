package dev.tempost.channels.email;

import dev.tempost.activities.channel.Transmission;
import dev.tempost.channels.email.login.Login;
import dev.tempost.channels.email.login.LoginRefused;
import dev.tempost.channels.email.login.TokenEndpointAway;
import dev.tempost.channels.email.login.TokenLogin;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ScheduledExecutorService;
import java.util.regex.Pattern;
import org.eclipse.angus.mail.smtp.SMTPOutputStream;
import org.eclipse.angus.mail.smtp.SMTPTransport;
import org.jspecify.annotations.Nullable;

/**
 * A connection that always knows how far it has come, so that the end of a conversation says whether the message may have
 * been accepted. Angus Mail's own {@code sendMessage} cannot: it throws alike before and after the final dot, takes any
 * reply but 250 for a failure, and asks for RSET after a refusal, whose failure then hides the refusal.
 *
 * <p>Used by one thread at a time; {@link #abort} is for any other.
 */
final class SmtpTransport extends SMTPTransport {

    private static final String NAME = "smtp";
    private static final String XOAUTH2 = "XOAUTH2";
    private static final String CLOSED = "the server closed the connection";
    private static final String LOST = "the connection was lost";
    private static final String NONSENSE = "the server's answer makes no sense";
    private static final int LONGEST_REPLY = 4000;
    private static final Pattern CODED = Pattern.compile("[1-5]\\d\\d[ -]");

    private final SmtpProvider provider;
    private final AbortableSockets sockets;
    private SmtpPhase phase = SmtpPhase.CONNECT;
    private boolean open;
    private boolean resetNeeded;
    private int messages;

    private SmtpTransport(SmtpProvider provider, AbortableSockets sockets, ScheduledExecutorService writeTimeouts) {
        super(
                session(provider, sockets, writeTimeouts),
                null,
                NAME,
                provider.connection().tls() == SmtpProvider.Tls.IMPLICIT);
        this.provider = provider;
        this.sockets = sockets;
    }

    /** A transport that is not connected yet. */
    static SmtpTransport to(SmtpProvider provider, ScheduledExecutorService writeTimeouts) {
        return new SmtpTransport(provider, new AbortableSockets(), writeTimeouts);
    }

    /** Sends one mail over this connection, which it opens where necessary. */
    synchronized SmtpEnd send(ComposedMail mail, Transmission transmission) {
        boolean finished = false;
        try {
            SmtpEnd end = sendOrReplace(mail, transmission);
            finished = true;
            return end;
        } finally {
            if (!finished) {
                drop();
            }
        }
    }

    /** Opens the connection, names the sender and says goodbye; null when a recipient would come next. */
    synchronized @Nullable SmtpEnd probe() {
        try {
            SmtpEnd notOpen = open();
            if (notOpen != null) {
                return notOpen;
            }
            phase = SmtpPhase.MAIL;
            return isPositive(simpleCommand("MAIL FROM:<" + provider.sender().address() + ">")) ? null : ended();
        } catch (MessagingException e) {
            return broken(e);
        } finally {
            quit();
        }
    }

    /** Ends the conversation from outside: whoever reads or writes fails at once, and nobody connects again. */
    void abort() {
        sockets.abort();
    }

    /** Makes a transport usable again that may have been aborted on behalf of an earlier message. */
    void allow() {
        sockets.allow();
    }

    private SmtpEnd sendOrReplace(ComposedMail mail, Transmission transmission) {
        if (open && messages >= provider.limits().maxMessagesPerConnection()) {
            quit();
        }
        boolean reused = open;
        SmtpEnd end = converse(mail, transmission);
        if (reused && closedBeforeItHeardOfTheMessage(end)) {
            // servers close idle connections as they please; that says nothing about this message
            drop();
            end = converse(mail, transmission);
        }
        if (!isCleanlyOver(end)) {
            drop();
        }
        return end;
    }

    private SmtpEnd converse(ComposedMail mail, Transmission transmission) {
        SmtpEnd notOpen = open ? null : open();
        return notOpen == null ? transmit(mail, transmission) : notOpen;
    }

    private @Nullable SmtpEnd open() {
        Login login = provider.login();
        if (login == null) {
            return open(null, null);
        }
        phase = SmtpPhase.TOKEN;
        try {
            String proof = login.proof();
            SmtpEnd end = open(login.username(), proof);
            if (!isRefusedLogin(end) || !login.refused(proof)) {
                return end;
            }
            drop();
            phase = SmtpPhase.TOKEN;
            return open(login.username(), login.proof());
        } catch (LoginRefused e) {
            return new SmtpEnd.NoLogin(String.valueOf(e.getMessage()));
        } catch (TokenEndpointAway e) {
            return new SmtpEnd.Broken(phase, String.valueOf(e.getMessage()), null);
        } catch (IOException e) {
            return broken(e);
        }
    }

    private @Nullable SmtpEnd open(@Nullable String username, @Nullable String proof) {
        phase = SmtpPhase.CONNECT;
        messages = 0;
        resetNeeded = false;
        try {
            connect(provider.host(), provider.port(), username, proof);
            open = true;
            if (username != null && !supportsExtension("AUTH")) {
                return new SmtpEnd.Unfit("a user name is configured but the server offers no AUTH");
            }
            return null;
        } catch (MessagingException e) {
            int code = phase == SmtpPhase.CONNECT ? 0 : getLastReturnCode();
            if (isRefusal(code)) {
                return ended();
            }
            if (phase == SmtpPhase.EHLO && code == 250) {
                // nothing failed, so Angus Mail itself missed STARTTLS or a way to log in
                return new SmtpEnd.Unfit(String.valueOf(e.getMessage()));
            }
            return broken(e);
        }
    }

    private static boolean isRefusedLogin(@Nullable SmtpEnd end) {
        return end instanceof SmtpEnd.Replied replied && replied.phase() == SmtpPhase.AUTH && replied.code() >= 500;
    }

    private SmtpEnd transmit(ComposedMail mail, Transmission transmission) {
        try {
            phase = SmtpPhase.MAIL;
            if (resetNeeded && simpleCommand("RSET") != 250) {
                // it is the connection's fault, not that of the message which it has not heard of
                return new SmtpEnd.Broken(phase, "the server did not forget the message before", null);
            }
            resetNeeded = false;
            if (mail.needsSmtpUtf8() && !supportsExtension("SMTPUTF8")) {
                return new SmtpEnd.NeedsSmtpUtf8();
            }
            String utf8 = mail.needsSmtpUtf8() ? " SMTPUTF8" : "";
            if (!isPositive(simpleCommand("MAIL FROM:<" + mail.envelopeFrom() + ">" + utf8))) {
                return ended();
            }
            transmission.announce();
            phase = SmtpPhase.RCPT;
            byte[] rcpt = ("RCPT TO:<" + mail.envelopeTo() + ">").getBytes(StandardCharsets.UTF_8);
            resetNeeded = true;
            if (!isPositive(simpleCommand(rcpt))) {
                return ended();
            }
            phase = SmtpPhase.DATA;
            SMTPOutputStream content = (SMTPOutputStream) data();
            phase = SmtpPhase.CONTENT;
            mail.content().writeTo(content);
            content.ensureAtBOL();
            if (!transmission.begin()) {
                return new SmtpEnd.NotBegun();
            }
            phase = SmtpPhase.DOT;
            simpleCommand(".");
            messages++;
            resetNeeded = false;
            return ended();
        } catch (MessagingException e) {
            // Angus Mail throws for a refused DATA as well
            return phase == SmtpPhase.DATA && isRefusal(getLastReturnCode()) ? ended() : broken(e);
        } catch (IOException e) {
            return broken(e);
        }
    }

    private SmtpEnd ended() {
        int code = getLastReturnCode();
        String text = getLastServerResponse();
        return code >= 200 && code <= 599 && !contradictsItself(text)
                ? new SmtpEnd.Replied(phase, code, bounded(text))
                : new SmtpEnd.Broken(phase, silenceOrNonsense(), null);
    }

    private SmtpEnd broken(MessagingException e) {
        Throwable cause = e.getNextException();
        return new SmtpEnd.Broken(phase, cause == null ? silenceOrNonsense() : LOST, cause);
    }

    private String silenceOrNonsense() {
        return getLastReturnCode() == -1 && "[EOF]".equals(getLastServerResponse()) ? CLOSED : NONSENSE;
    }

    // no reply needs more, and a server could send one without end
    private static String bounded(String text) {
        return text.length() <= LONGEST_REPLY ? text : text.substring(0, text.lastIndexOf(' ', LONGEST_REPLY) + 1);
    }

    /** Whether some lines say yes and others no: RFC 5321 wants the same code in each. */
    private static boolean contradictsItself(String text) {
        return text.lines()
                        .filter(line -> CODED.matcher(line).lookingAt())
                        .map(line -> line.charAt(0))
                        .distinct()
                        .count()
                > 1;
    }

    private SmtpEnd broken(IOException e) {
        return new SmtpEnd.Broken(phase, LOST, e);
    }

    private static boolean closedBeforeItHeardOfTheMessage(SmtpEnd end) {
        return switch (end) {
            case SmtpEnd.Broken broken -> broken.phase() == SmtpPhase.MAIL;
            case SmtpEnd.Replied replied -> replied.phase() == SmtpPhase.MAIL && replied.code() == 421;
            default -> false;
        };
    }

    private static boolean isCleanlyOver(SmtpEnd end) {
        return end instanceof SmtpEnd.Replied replied
                && replied.code() != 421
                && (replied.code() >= 400 || (replied.code() < 300 && replied.phase() == SmtpPhase.DOT))
                && replied.phase().concernsAMessage();
    }

    private static boolean isPositive(int code) {
        return code >= 200 && code <= 299;
    }

    private static boolean isRefusal(int code) {
        return code >= 400 && code <= 599;
    }

    /** Says goodbye without waiting for an answer. */
    synchronized void quit() {
        if (open) {
            try {
                close();
            } catch (MessagingException e) {
                // the server has gone already
            }
        }
        drop();
    }

    private void drop() {
        open = false;
        sockets.close();
        try {
            // lets Angus Mail forget the connection; its QUIT fails on the closed socket
            close();
        } catch (MessagingException e) {
            // as intended
        }
    }

    @Override
    protected boolean ehlo(String domain) throws MessagingException {
        phase = SmtpPhase.EHLO;
        boolean understood = super.ehlo(domain);
        int code = getLastReturnCode();
        boolean doesNotKnowEhlo = code >= 500 && code <= 599 && !contradictsItself(getLastServerResponse());
        if (!understood && !doesNotKnowEhlo) {
            // otherwise Angus Mail would try HELO, and then miss what only EHLO offers: TLS and a login
            throw new MessagingException("EHLO was answered with " + code);
        }
        return understood;
    }

    @Override
    protected void startTLS() throws MessagingException {
        phase = SmtpPhase.STARTTLS;
        super.startTLS();
    }

    @Override
    public synchronized int simpleCommand(String command) throws MessagingException {
        if (command.startsWith("AUTH ")) {
            phase = SmtpPhase.AUTH;
        }
        int code = super.simpleCommand(command);
        // a refused token gets a challenge first, which Angus Mail leaves without the empty answer that ends it
        return code == 334 && command.startsWith("AUTH " + XOAUTH2) ? super.simpleCommand("") : code;
    }

    @Override
    public synchronized void issueCommand(String command, int expected) throws MessagingException {
        // the RSET after a refusal waits until the connection is used again, so that it cannot hide the refusal
        if (!command.equals("RSET")) {
            super.issueCommand(command, expected);
        }
    }

    @Override
    protected int readServerResponse() throws MessagingException {
        if (phase == SmtpPhase.CONNECT) {
            phase = SmtpPhase.GREETING;
        }
        return super.readServerResponse();
    }

    private static Session session(
            SmtpProvider provider, AbortableSockets sockets, ScheduledExecutorService writeTimeouts) {
        SmtpConnectionSettings connection = provider.connection();
        var properties = new Properties();
        properties.put("mail.smtp.socketFactory", sockets);
        properties.put("mail.smtp.socketFactory.fallback", "false");
        properties.put("mail.smtp.executor.writetimeout", writeTimeouts);
        properties.put("mail.smtp.connectiontimeout", millis(connection.connectTimeout()));
        properties.put("mail.smtp.timeout", millis(connection.readTimeout()));
        properties.put("mail.smtp.writetimeout", millis(connection.writeTimeout()));
        // otherwise Angus Mail asks the resolver for the name of this machine, which can take seconds
        properties.put("mail.smtp.localhost", connection.ehloName());
        properties.put("mail.smtp.quitwait", "false");
        properties.put("mail.smtp.auth", String.valueOf(provider.login() != null));
        if (provider.login() instanceof TokenLogin) {
            properties.put("mail.smtp.auth.mechanisms", XOAUTH2);
        }
        properties.put("mail.smtp.ssl.checkserveridentity", "true");
        if (connection.tls() == SmtpProvider.Tls.STARTTLS) {
            properties.put("mail.smtp.starttls.enable", "true");
            properties.put("mail.smtp.starttls.required", "true");
        }
        return Session.getInstance(properties);
    }

    private static String millis(Duration duration) {
        return String.valueOf(duration.toMillis());
    }
}
