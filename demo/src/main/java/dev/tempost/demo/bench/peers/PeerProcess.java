package dev.tempost.demo.bench.peers;

import dev.tempost.demo.bench.BenchStack;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Another library, in a process that obeys lines: {@code dev.tempost.peers.PeerProcess} in {@code peers/} says which. */
final class PeerProcess implements Contender {

    private final ProcessBuilder command;
    private final Path log;
    private Process process;
    private BufferedReader answers;
    private BufferedWriter orders;

    private PeerProcess(ProcessBuilder command, Path log) throws IOException {
        this.command = command;
        this.log = log;
        process = command.start();
        answers = process.inputReader();
        orders = process.outputWriter();
        awaitLine("READY");
    }

    /** @param variant {@code default} or {@code tuned} */
    static PeerProcess start(
            PeerModule module, String variant, BenchStack stack, int smtpPort, int connections, String database)
            throws Exception {
        stack.execute("CREATE DATABASE " + database);
        Path log = Files.createTempFile("tempost-peer", ".log");
        log.toFile().deleteOnExit();
        ProcessBuilder command = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + PeersBench.HEAP,
                        "-XX:+UseSerialGC",
                        "-cp",
                        module.classPath(),
                        module.mainClass(),
                        stack.database().jdbcUrl().replaceAll("/postgres$", "/" + database),
                        Integer.toString(smtpPort),
                        variant,
                        Integer.toString(connections)))
                .redirectError(log.toFile());
        return new PeerProcess(command, log);
    }

    @Override
    public Map<String, Instant> insert(Rows rows) throws IOException {
        orders.write("insert %s %d %d %d %s%n"
                .formatted(rows.prefix(), rows.count(), rows.batch(), rows.everyMillis(), rows.urgent()));
        orders.flush();
        Map<String, Instant> committedAt = new HashMap<>();
        for (String line = next(); !line.equals("DONE"); line = next()) {
            String[] words = line.split(" ", -1);
            committedAt.put(words[1], Instant.EPOCH.plus(Long.parseLong(words[2]), ChronoUnit.MICROS));
        }
        return committedAt;
    }

    @Override
    public void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void restart() throws IOException {
        process = command.start();
        answers = process.inputReader();
        orders = process.outputWriter();
        awaitLine("READY");
    }

    @Override
    public long pid() {
        return process.pid();
    }

    /** None of these libraries records it. */
    @Override
    public long unflagged(Set<String> doubled) {
        return doubled.size();
    }

    private void awaitLine(String wanted) throws IOException {
        String line = next();
        if (!line.equals(wanted)) {
            throw new IOException("expected " + wanted + ", got " + line);
        }
    }

    private String next() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the peer ended by itself: " + Files.readString(log));
        }
        return line;
    }

    /** At once: what its database still holds is of no interest. */
    @Override
    public void close() {
        kill();
    }
}
