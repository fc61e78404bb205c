package dev.tempost.channels.temporal;

import dev.tempost.activities.channel.Loopback;
import io.temporal.serviceclient.GrpcCompression;
import io.temporal.serviceclient.SimpleSslContextBuilder;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A Temporal that is not Tempost's own.
 *
 * @param target {@code host:port} of its frontend
 * @param tls whether it is spoken to by TLS
 * @param apiKey what it knows us by; null for nothing
 * @param certificate the file with our certificate; null for none
 * @param certificateKey the file with the key of our certificate, in PKCS 8; null if and only if there is no certificate
 */
public record TemporalServer(
        String target,
        boolean tls,
        @Nullable String apiKey,
        @Nullable Path certificate,
        @Nullable Path certificateKey) {

    public TemporalServer {
        WorkflowProvider.require(
                target.matches(".+:[0-9]+"), "target", "is '" + target + "': write it like temporal.example.org:7233");
        WorkflowProvider.require(
                (certificate == null) == (certificateKey == null),
                certificate == null ? "certificate" : "certificate-key",
                "is missing: set both certificate and certificate-key, or neither");
        WorkflowProvider.require(
                tls || certificate == null, "tls", "is false, and a certificate is for TLS: leave out one of them");
        WorkflowProvider.require(
                tls || apiKey == null || isLocal(target),
                "tls",
                "is false, and the API key would go to " + target + " in plain text: leave out one of them");
    }

    /** Whether what goes to that server stays on this machine. */
    public static boolean isLocal(String target) {
        return Loopback.is(target.replaceFirst(":[0-9]*$", ""));
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "TemporalServer[" + target + ", tls=" + tls + "]";
    }

    /** A connection, which is made at its first use. */
    WorkflowServiceStubs connect() {
        var options = WorkflowServiceStubsOptions.newBuilder()
                .setTarget(target)
                .setEnableHttps(tls)
                .setGrpcCompression(GrpcCompression.NONE);
        String key = apiKey;
        if (key != null) {
            options.addApiKey(() -> key);
        }
        if (certificate != null && certificateKey != null) {
            try (InputStream chain = Files.newInputStream(certificate);
                    InputStream secret = Files.newInputStream(certificateKey)) {
                options.setSslContext(
                        SimpleSslContextBuilder.forPKCS8(chain, secret).build());
            } catch (IOException | IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "certificate " + certificate + " and certificate-key " + certificateKey + " cannot be used: "
                                + e.getMessage(),
                        e);
            }
        }
        return WorkflowServiceStubs.newServiceStubs(options.build());
    }
}
