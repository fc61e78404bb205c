package dev.tempost.channels.email.testing;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What Python's {@code email} and {@code idna} say: they share nothing with what is tested. */
public final class PythonOracle {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path TEST_CLASSES = Path.of("target", "test-classes");

    private static @Nullable PythonOracle shared;

    private final BufferedWriter questions;
    private final BufferedReader answers;

    private PythonOracle(Process python) {
        this.questions = python.outputWriter(StandardCharsets.UTF_8);
        this.answers = python.inputReader(StandardCharsets.UTF_8);
    }

    /**
     * The one of this JVM, which ends with it. Skips the test where there is no Python, or no way to its package, unless
     * {@code TEMPOST_REQUIRE_PYTHON} is set.
     */
    public static synchronized PythonOracle shared() {
        if (shared == null) {
            shared = start();
        }
        return shared;
    }

    private static PythonOracle start() {
        try {
            Path packages = Path.of("target", "python").toAbsolutePath();
            if (!Files.isDirectory(packages.resolve("idna"))) {
                install(packages);
            }
            ProcessBuilder oracle = new ProcessBuilder(
                            "python3", TEST_CLASSES.resolve("oracle.py").toString())
                    .redirectError(TEST_CLASSES.resolve("oracle.log").toFile());
            oracle.environment().put("PYTHONPATH", packages.toString());
            oracle.environment().put("PYTHONIOENCODING", "utf-8");
            Process python = oracle.start();
            Runtime.getRuntime().addShutdownHook(new Thread(python::destroy));
            return new PythonOracle(python);
        } catch (IOException e) {
            boolean mayBeMissing = System.getenv("TEMPOST_REQUIRE_PYTHON") == null;
            assumeFalse(mayBeMissing, "no python3 with its package idna: " + e.getMessage());
            throw new UncheckedIOException(e);
        }
    }

    private static void install(Path packages) throws IOException {
        File log = Files.createDirectories(packages).resolve("pip.log").toFile();
        Process pip = new ProcessBuilder(
                        "python3",
                        "-m",
                        "pip",
                        "install",
                        "--quiet",
                        "--no-deps",
                        "--require-hashes",
                        "--only-binary=:all:",
                        "--disable-pip-version-check",
                        "--target=" + packages,
                        "--requirement=" + TEST_CLASSES.resolve("oracle-requirements.txt"))
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        try {
            if (pip.waitFor() != 0) {
                throw new IOException(Files.readString(log.toPath()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** How {@code idna} encodes a domain: {@code ascii}, or {@code refused} and why. */
    public JsonNode domain(String name) {
        return ask("domain", name);
    }

    /** What {@code email} makes of a mail: {@code headers}, {@code addresses}, {@code parts}, {@code defects}. */
    public JsonNode mail(byte[] content) {
        return ask("mail", Base64.getEncoder().encodeToString(content));
    }

    private synchronized JsonNode ask(String kind, String question) {
        try {
            questions.write(JSON.writeValueAsString(Map.of(kind, question)));
            questions.write('\n');
            questions.flush();
            JsonNode answer =
                    JSON.readTree(Objects.requireNonNull(answers.readLine(), "the oracle is gone: see its log"));
            if (answer.has("fault")) {
                throw new IllegalStateException(answer.toString());
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
