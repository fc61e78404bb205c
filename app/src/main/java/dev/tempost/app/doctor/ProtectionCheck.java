package dev.tempost.app.doctor;

import dev.tempost.app.engine.Way;
import io.temporal.spring.boot.autoconfigure.properties.ConnectionProperties.MTLSProperties;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ResourceUtils;

/** How what is said to the servers is protected on its way, and for how long their certificates are good. */
final class ProtectionCheck {

    private static final String SUBJECT = "protection";
    private static final Duration SOON = Duration.ofDays(14);

    private final InstantSource clock;

    ProtectionCheck(InstantSource clock) {
        this.clock = clock;
    }

    /** Looks at one way, whose servers answer. */
    List<Finding> of(Way way) {
        return switch (way.protection()) {
            case LOCAL -> List.of(Finding.ok(SUBJECT, way.name() + ": " + way.says()));
            case UNVERIFIED, PLAIN -> List.of(unprotected(way));
            case VERIFIED ->
                way.servers().stream()
                        .map(server -> {
                            try {
                                ServerCertificate shown = ServerCertificate.of(server, way.prelude());
                                return certificate(
                                        way.name() + ": " + server.getHostString() + " speaks " + shown.protocol()
                                                + ", verified; its certificate",
                                        shown.certificate());
                            } catch (IOException e) {
                                // one of several may be away
                                return Finding.ok(SUBJECT, way.name() + ": " + way.says());
                            }
                        })
                        .toList();
        };
    }

    /** Looks at one that is not protected, whether its servers answer or not. */
    Finding unprotected(Way way) {
        return Finding.warn(SUBJECT, way.name() + ": " + way.says(), "to protect it, " + way.advice());
    }

    /** Looks at the certificate that we show to Temporal; none when we show none. */
    List<Finding> ofOurs(@Nullable MTLSProperties mtls) {
        try {
            X509Certificate ours = mtls == null ? null : read(mtls);
            return ours == null ? List.of() : List.of(certificate("temporal: the certificate that we show", ours));
        } catch (IOException | GeneralSecurityException e) {
            return List.of(Finding.warn(
                    SUBJECT,
                    "temporal: the certificate that we show could not be read: " + e.getMessage(),
                    "correct spring.temporal.connection.mtls"));
        }
    }

    private Finding certificate(String whose, X509Certificate certificate) {
        Instant end = certificate.getNotAfter().toInstant();
        String says = whose + " is good until " + LocalDate.ofInstant(end, ZoneOffset.UTC);
        return end.isAfter(clock.instant().plus(SOON))
                ? Finding.ok(SUBJECT, says)
                : Finding.warn(SUBJECT, says, "renew it: connections fail once it has expired");
    }

    private static @Nullable X509Certificate read(MTLSProperties mtls) throws IOException, GeneralSecurityException {
        String pem = mtls.getCertChain();
        String file = mtls.getCertChainFile() == null ? mtls.getKeyFile() : mtls.getCertChainFile();
        if (pem == null && file == null) {
            return null;
        }
        try (InputStream content = pem == null
                ? Files.newInputStream(ResourceUtils.getFile(file).toPath())
                : new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))) {
            if (pem != null || mtls.getCertChainFile() != null) {
                return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(content);
            }
            String password = mtls.getKeyPassword();
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(content, password == null ? null : password.toCharArray());
            return store.size() == 0
                    ? null
                    : (X509Certificate) store.getCertificate(store.aliases().nextElement());
        }
    }
}
