package dev.tempost.app.failure;

import java.io.FileNotFoundException;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.GT;

/**
 * What is wrong with a protected connection that no further attempt will mend, in a paragraph. A connection that was lost
 * during a handshake is not among it.
 */
final class TlsTrouble {

    private static final Pattern REFUSED = Pattern.compile("(?i).*alert.*(certificate|unknown_ca|handshake_failure).*");
    private static final Pattern HUNG_UP =
            Pattern.compile("Network closed|frame was not SETTINGS|Connection reset|Broken pipe|closed channel");
    private static final String OF_THE_JVM = "to the JVM's trust store, for instance"
            + " JDK_JAVA_OPTIONS=-Djavax.net.ssl.trustStore=/etc/tempost/trust.p12";

    private TlsTrouble() {}

    /** Null when it is something else. */
    static @Nullable String withPostgresql(SQLException failure, String says) {
        if (says.equals(GT.tr("The server does not support SSL.").replaceFirst("[.]$", ""))) {
            return "PostgreSQL offers no TLS, and sslmode asks for it, as it does by default for a server on another"
                    + " machine. Turn it on there (ssl = on in postgresql.conf), or say in spring.datasource.url that plain"
                    + " text will do, for instance"
                    + " SPRING_DATASOURCE_URL=jdbc:postgresql://postgres:5432/app?sslmode=disable.";
        }
        // the driver's own name for it stays in every language
        if (says.contains("hostnameverifier")) {
            return "PostgreSQL's certificate does not name the host that spring.datasource.url names: " + says
                    + ". Name the server as its certificate does, or give it a certificate that names this host.";
        }
        if (failure.getCause() instanceof FileNotFoundException || failure.getCause() instanceof NoSuchFileException) {
            return "spring.datasource.url leads to a file that cannot be read: " + says
                    + ". Correct sslrootcert, sslcert or" + " sslkey, or leave them out.";
        }
        String reason = reason(failure);
        if (reason == null) {
            return null;
        }
        return isOurs(reason)
                ? "PostgreSQL refuses our certificate: " + reason
                        + ". Correct sslcert and sslkey in spring.datasource.url."
                : "PostgreSQL's certificate is not trusted: " + reason + ". Name the file of the CA that issued it in"
                        + " spring.datasource.url, for instance SPRING_DATASOURCE_URL=jdbc:postgresql://postgres:5432/app?"
                        + "sslrootcert=/etc/tempost/ca.crt, or add it " + OF_THE_JVM + ".";
    }

    /** Null when it is something else. */
    static @Nullable String withTemporal(Throwable failure) {
        if (chain(failure).stream().anyMatch(e -> e.getClass().getSimpleName().equals("NotSslRecordException"))) {
            return "Temporal speaks no TLS at spring.temporal.connection.target, and enable-https, mtls or api-key below"
                    + " spring.temporal.connection ask for it. Correct the target, or, where plain text will do, set"
                    + " SPRING_TEMPORAL_CONNECTION_ENABLEHTTPS=false and leave out mtls.";
        }
        String reason = reason(failure);
        if (reason == null) {
            return null;
        }
        return isOurs(reason)
                ? "Temporal refuses our certificate: " + reason
                        + ". Correct spring.temporal.connection.mtls.cert-chain-file"
                        + " and .key-file: is it expired, or of a CA that Temporal does not know?"
                : "Temporal's certificate is not trusted: " + reason + ". Add the CA that issued it " + OF_THE_JVM
                        + ", or name the server in spring.temporal.connection.target as its certificate does.";
    }

    /** The end of a sentence about Temporal, and a question where whoever hung up may have waited for a handshake. */
    static String suspicion(Throwable failure) {
        return chain(failure).stream()
                        .anyMatch(e ->
                                HUNG_UP.matcher(String.valueOf(e.getMessage())).find())
                ? ". Does it want TLS? Set SPRING_TEMPORAL_CONNECTION_ENABLEHTTPS=true."
                : ".";
    }

    private static boolean isOurs(String reason) {
        return REFUSED.matcher(reason).matches();
    }

    /** Why a certificate was refused, by us or by the server; null when none was. */
    private static @Nullable String reason(Throwable failure) {
        for (Throwable e : chain(failure).reversed()) {
            String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            if (e instanceof GeneralSecurityException || (e instanceof SSLException && isOurs(message))) {
                return message.replaceFirst("[.]$", "");
            }
        }
        return null;
    }

    private static List<Throwable> chain(Throwable failure) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable next = failure; next != null && !chain.contains(next); next = next.getCause()) {
            chain.add(next);
        }
        return chain;
    }
}
