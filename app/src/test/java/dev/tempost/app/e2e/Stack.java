package dev.tempost.app.e2e;

import dev.tempost.embedded.EmbeddedTemporal;
import dev.tempost.embedded.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** One Temporal server for the whole test run; every test gets a task queue of its own. */
final class Stack {

    private static final class Shared {
        static final Stack STACK = new Stack();
    }

    private final EmbeddedTemporal temporal =
            EmbeddedTemporal.start(Ports.any(), 0, folder().resolve("temporal.log"), null, System.err::println);

    private Stack() {
        Runtime.getRuntime().addShutdownHook(new Thread(temporal::close));
    }

    static Stack shared() {
        return Shared.STACK;
    }

    String temporalTarget() {
        return temporal.target();
    }

    /** A new folder under the build's own. */
    static Path folder() {
        try {
            return Files.createTempDirectory(Files.createDirectories(Path.of("target", "e2e")), "test");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
