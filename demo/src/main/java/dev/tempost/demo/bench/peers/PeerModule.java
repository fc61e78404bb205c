package dev.tempost.demo.bench.peers;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A library's module in {@code peers/}, which the benchmark builds when it is asked for: none of it is part of Tempost's
 * build.
 *
 * @param folder where it is
 * @param mainClass its process
 */
record PeerModule(Path folder, String mainClass) {

    private static final List<String> NAMES =
            List.of("db-scheduler", "namastack-outbox", "transaction-outbox", "spring-modulith", "jobrunr", "dbos");

    /** All of them, built. */
    static List<PeerModule> build(Path repository) throws IOException, InterruptedException {
        Path peers = repository.resolve("peers");
        Process maven = new ProcessBuilder(
                        repository.resolve("mvnw").toString(),
                        "--batch-mode",
                        "--quiet",
                        "-f",
                        peers.resolve("pom.xml").toString(),
                        "package")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (maven.waitFor() != 0) {
            throw new IOException("the peers did not build");
        }
        return NAMES.stream()
                .map(name -> new PeerModule(peers.resolve(name), "dev.tempost.peers." + className(name)))
                .toList();
    }

    /** Where {@code ./tempost} is: above the jar that runs, or above the folder one is in. */
    static Path repository() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        Path jar = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
        return Stream.of(jar, here)
                .flatMap(start -> Stream.iterate(start, folder -> folder != null, Path::getParent))
                .filter(folder -> Files.exists(folder.resolve("peers").resolve("pom.xml")))
                .findFirst()
                .orElseThrow(
                        () -> new IOException("no peers/pom.xml above " + here + ": run it in a clone of Tempost"));
    }

    String name() {
        return folder.getFileName().toString();
    }

    /** What Maven wrote down when it built it. */
    String classPath() throws IOException {
        Path target = folder.resolve("target");
        return target.resolve("classes") + File.pathSeparator + Files.readString(target.resolve("class-path"));
    }

    private static String className(String name) {
        StringBuilder words = new StringBuilder();
        Arrays.stream(name.split("-", -1))
                .forEach(word ->
                        words.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1)));
        return words.append("Peer").toString();
    }
}
