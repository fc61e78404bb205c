package dev.tempost.app.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WrapperTest {

    @TempDir
    private Path home;

    @Test
    void aMavenThatSomebodyTamperedWithIsNotRun() throws Exception {
        byte[] tampered = "no Maven at all".getBytes(StandardCharsets.UTF_8);
        HttpServer repository = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        repository.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, tampered.length);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(tampered);
            }
        });
        repository.start();
        try {
            ProcessBuilder wrapper =
                    new ProcessBuilder(Path.of("..", "mvnw").toString(), "--version").redirectErrorStream(true);
            wrapper.environment().put("MAVEN_USER_HOME", home.toString());
            wrapper.environment()
                    .put(
                            "MVNW_REPOURL",
                            "http://127.0.0.1:" + repository.getAddress().getPort());
            Process process = wrapper.start();

            assertThat(process.getInputStream())
                    .asString(StandardCharsets.UTF_8)
                    .contains("Failed to validate Maven");
            assertThat(process.waitFor()).isEqualTo(1);
        } finally {
            repository.stop(0);
        }
    }
}
