package dev.tempost.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A CA of one test's own, by which nobody else swears. */
public final class TestAuthority {

    private static final String PASSWORD = "changeit";
    private static final String CA = "ca";

    private final Path folder;
    private final Path keys;

    /** Makes one. */
    public TestAuthority(Path folder) {
        this.folder = folder;
        this.keys = folder.resolve("keys.p12");
        keytool(CA, "-ext", "bc:c");
    }

    /**
     * A certificate and its key.
     *
     * @param certificate in PEM
     * @param key in PEM, which nobody else may read
     * @param store both in PKCS #12, by password {@code changeit}
     */
    public record Issued(Path certificate, Path key, Path store) {

        /** For a server that shows it. */
        public SSLContext context() {
            try {
                KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                managers.init(load(store), PASSWORD.toCharArray());
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(managers.getKeyManagers(), null, null);
                return context;
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Issues a certificate that is good for a month, with names as in {@code dns:a.example,ip:127.0.0.1}. */
    public Issued issue(String alias, String names) {
        return issue(alias, "-ext", "SAN=" + names, "-validity", "30");
    }

    /** Issues one as keytool's {@code -genkeypair} takes it. */
    public Issued issue(String alias, String... options) {
        List<String> all = new ArrayList<>(List.of("-signer", CA));
        all.addAll(List.of(options));
        keytool(alias, all.toArray(String[]::new));
        try {
            KeyStore all12 = load(keys);
            Key key = all12.getKey(alias, PASSWORD.toCharArray());
            Certificate certificate = Objects.requireNonNull(all12.getCertificate(alias));
            KeyStore one = empty();
            one.setKeyEntry(alias, key, PASSWORD.toCharArray(), new Certificate[] {certificate});
            Path keyFile = Files.createFile(
                    folder.resolve(alias + ".key"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(keyFile, pem("PRIVATE KEY", key.getEncoded()));
            return new Issued(
                    Files.writeString(folder.resolve(alias + ".crt"), pem("CERTIFICATE", certificate.getEncoded())),
                    keyFile,
                    store(one, alias + ".p12"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The CA's own certificate, in PEM. */
    public Path certificate() {
        try {
            return Files.writeString(
                    folder.resolve("ca.crt"),
                    pem("CERTIFICATE", load(keys).getCertificate(CA).getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A store for a JVM that trusts this CA and no other, in PKCS #12 by password {@code changeit}. */
    public Path trustStore() {
        try {
            KeyStore trusted = empty();
            trusted.setCertificateEntry(CA, load(keys).getCertificate(CA));
            return store(trusted, "trust.p12");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void keytool(String alias, String... options) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=tempost test " + alias,
                "-keystore",
                keys.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD));
        command.addAll(List.of(options));
        try {
            Process keytool =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (keytool.waitFor() != 0) {
                throw new IllegalStateException(command + ": " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyStore empty() throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KeyStore load(Path file) throws GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path store(KeyStore store, String name) throws GeneralSecurityException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, PASSWORD.toCharArray());
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String pem(String what, byte[] content) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + what
                + "-----\n";
    }
}
