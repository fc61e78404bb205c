package dev.tempost.demo.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** PostgreSQL's own load generator, where it is installed, running the claim over one connection. */
final class Pgbench {

    private static final Pattern PER_SECOND =
            Pattern.compile("(?m)^tps = ([0-9.]+) \\(without initial connection time\\)");

    private final Optional<Path> program;
    private final int port;
    private final String database;
    private final Path script;

    Pgbench(int port, String database, int batch) throws IOException {
        this.program = find();
        this.port = port;
        this.database = database;
        this.script = Files.createTempFile("tempost-claim", ".sql");
        Files.writeString(
                script,
                String.format(
                        Locale.ROOT,
                        "SELECT * FROM tempost.look_for_work(5, '{\"\",\"\",\"\",\"\",\"\"}', '{\"\",\"\",\"\",\"\",\"\"}', NULL, 64);%n"
                                + "SELECT * FROM tempost.claim(%1$d, %1$d, interval '10 minutes', '[{\"priority\": 3,"
                                + " \"tenant\": \"bench\", \"event_type\": \"welcome\", \"first\": 0, \"share\": %1$d,"
                                + " \"skippable\": false}]');%n",
                        batch));
    }

    /** How long so many claims took; empty where it is not installed. */
    OptionalDouble seconds(int claims) throws IOException, InterruptedException {
        if (program.isEmpty()) {
            return OptionalDouble.empty();
        }
        Process process = new ProcessBuilder(
                        program.get().toString(),
                        "--no-vacuum",
                        "--client=1",
                        "--transactions=" + claims,
                        "--file=" + script,
                        "--host=127.0.0.1",
                        "--port=" + port,
                        "--username=postgres",
                        database)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher found = PER_SECOND.matcher(output);
        if (process.waitFor() != 0 || !found.find()) {
            throw new IOException("pgbench did not run: " + output);
        }
        return OptionalDouble.of(claims / Double.parseDouble(found.group(1)));
    }

    private static Optional<Path> find() throws IOException {
        List<Path> folders = new ArrayList<>();
        String path = System.getenv("PATH");
        if (path != null) {
            for (String folder : path.split(java.io.File.pathSeparator, -1)) {
                folders.add(Path.of(folder));
            }
        }
        Path versions = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(versions)) {
            try (DirectoryStream<Path> each = Files.newDirectoryStream(versions)) {
                each.forEach(version -> folders.add(version.resolve("bin")));
            }
        }
        // Debian's wrapper of this name in PATH needs a cluster of its own
        return folders.reversed().stream()
                .map(folder -> folder.resolve("pgbench"))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
