package dev.tempost.app.failure;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.springframework.beans.BeansException;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.support.BeanDefinitionValidationException;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.web.server.PortInUseException;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * A failure in one paragraph: what is wrong, where, and what would be right.
 *
 * @param cause whose fault it is
 * @param text for the person who started the command
 */
public record Explanation(Cause cause, String text) {

    /** Whose fault a failure is. */
    public enum Cause {
        /** Trying again does not help: somebody has to change a setting. */
        SETTING,
        /** Somebody has to migrate the schema, and may be about to. */
        SCHEMA,
        /** The outbox refuses what was asked for. */
        REQUEST,
        /** A server does not answer now. */
        SERVER
    }

    // every message of ours about a setting begins with its name
    private static final Pattern NAMES_A_SETTING =
            Pattern.compile("(tempost|spring|server|management)\\.[a-z].*|TEMPOST_.*|TEMPORAL_CLI .*", Pattern.DOTALL);
    private static final String EXAMPLE = "for instance SPRING_DATASOURCE_URL=jdbc:postgresql://postgres:5432/app";

    private static Explanation setting(String text) {
        return new Explanation(Cause.SETTING, text);
    }

    private static Explanation server(String text) {
        return new Explanation(Cause.SERVER, text);
    }

    /** Looks for what can be explained in a failure and its causes, the innermost first; null when nothing can. */
    public static @Nullable Explanation of(Throwable failure) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable next = failure; next != null && !chain.contains(next); next = next.getCause()) {
            chain.add(next);
        }
        Collections.reverse(chain);
        return chain.stream()
                .map(Explanation::one)
                .flatMap(Optional::stream)
                .findFirst()
                .orElse(null);
    }

    // Spring starts the server for management after the other one, and its failure names none
    private static String portInUse(PortInUseException failure) {
        boolean management = Arrays.stream(failure.getStackTrace())
                .anyMatch(frame -> frame.getClassName().endsWith(".ChildManagementContextInitializer"));
        return (management ? "management.server.port" : "server.port") + ": port " + failure.getPort()
                + " is in use by another process. Stop that one, or take another port, for instance "
                + (management ? "MANAGEMENT_SERVER_PORT=9081." : "SERVER_PORT=8081.");
    }

    private static Optional<Explanation> one(Throwable failure) {
        return Optional.ofNullable(
                switch (failure) {
                    case SQLException e -> postgresql(e);
                    case StatusRuntimeException e -> temporal(e);
                    case BeanDefinitionValidationException e -> temporalCertificate(e);
                    case BeanCreationException e when isOfTemporalCertificates(e) -> temporalCertificate(e);
                    case BindValidationException e -> setting(WrongValue.explain(e));
                    case BindException e -> setting(WrongValue.explain(e));
                    case YAMLException e ->
                        setting(
                                "application.yaml is no YAML: "
                                        + String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " ")
                                        + ". Below tempost: and starter:, each two spaces further in, lease: 30s would be a line.");
                    case PortInUseException e -> setting(portInUse(e));
                    case IllegalArgumentException e -> named(e);
                    case IllegalStateException e -> named(e);
                    default -> null;
                });
    }

    private static @Nullable Explanation named(RuntimeException failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.contains("must start with \"jdbc\"")) {
            return setting("spring.datasource.url is no JDBC URL: it begins with jdbc:postgresql://, " + EXAMPLE + ".");
        }
        return NAMES_A_SETTING.matcher(message).matches() ? setting(message) : null;
    }

    private static @Nullable Explanation postgresql(SQLException failure) {
        String state = failure.getSQLState();
        String says = says(failure);
        if (state == null) {
            return null;
        }
        String tls = TlsTrouble.withPostgresql(failure, says);
        if (tls != null) {
            return setting(tls);
        }
        return switch (state) {
            case "28000", "28P01", "08004" ->
                setting("PostgreSQL refuses the login: " + says + ". Set spring.datasource.username and .password, for"
                        + " instance SPRING_DATASOURCE_USERNAME=app and SPRING_DATASOURCE_PASSWORD=secret.");
            case "3D000" ->
                setting("PostgreSQL has no such database: " + says + ". Create it, or name another in"
                        + " spring.datasource.url, " + EXAMPLE + ".");
            case "3F000", "42P01", "42703", "42883" ->
                new Explanation(
                        Cause.SCHEMA,
                        "Schema tempost is missing or older than this version: " + says
                                + ". A replica migrates it when it"
                                + " starts (./tempost serve); if one has, spring.datasource.url leads to another database.");
            // what functions of ours raise; they say what to do
            case "22023", "54000", "55000" -> new Explanation(Cause.REQUEST, says + ". " + hint(failure));
            case "42501" ->
                setting(
                        "PostgreSQL refuses this user something: " + says + ". Grant it, or set"
                                + " spring.datasource.username to a user who may, for instance SPRING_DATASOURCE_USERNAME=app.");
            default ->
                state.startsWith("08") || state.startsWith("57P") || state.startsWith("53")
                        ? server("PostgreSQL does not answer: " + says + ". Start it, or set spring.datasource.url, "
                                + EXAMPLE + ".")
                        : null;
        };
    }

    private static String hint(SQLException failure) {
        ServerErrorMessage server = failure instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
        return server == null || server.getHint() == null ? "" : server.getHint();
    }

    private static String says(SQLException failure) {
        String cause =
                failure.getCause() instanceof UnknownHostException host ? " Unknown host: " + host.getMessage() : "";
        String message =
                String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
        return (message + cause).replaceFirst("^(FATAL|ERROR): ", "").replaceFirst("[.]$", "");
    }

    // the starter's own words, which begin with no setting
    private static boolean isOfTemporalCertificates(BeanCreationException failure) {
        return String.valueOf(failure.getMessage()).startsWith("Failure reading PKCS");
    }

    private static Explanation temporalCertificate(BeansException failure) {
        Throwable cause = failure.getCause();
        return setting("spring.temporal.connection.mtls: " + failure.getMessage()
                + (cause == null ? "" : " (" + cause.getMessage() + ")")
                + ". Give key-file and cert-chain-file in PEM, or key-file alone in PKCS #12.");
    }

    private static Explanation temporal(StatusRuntimeException failure) {
        String tls = TlsTrouble.withTemporal(failure);
        if (tls != null) {
            return setting(tls);
        }
        Status status = failure.getStatus();
        String says = status.getCode() + (status.getDescription() == null ? "" : ": " + status.getDescription());
        return switch (status.getCode()) {
            case NOT_FOUND ->
                setting("Temporal does not have the namespace: " + says
                        + " Create it (temporal operator namespace create"
                        + " --namespace NAME), or name another in spring.temporal.namespace, for instance"
                        + " SPRING_TEMPORAL_NAMESPACE=default.");
            case UNAUTHENTICATED, PERMISSION_DENIED ->
                setting("Temporal refuses the login: " + says
                        + ". See spring.temporal.connection for certificates and API"
                        + " keys, for instance SPRING_TEMPORAL_CONNECTION_APIKEY.");
            default ->
                server("Temporal does not answer: " + says + TlsTrouble.suspicion(failure)
                        + " Start it, or set spring.temporal.connection.target, for"
                        + " instance SPRING_TEMPORAL_CONNECTION_TARGET=temporal:7233.");
        };
    }
}
