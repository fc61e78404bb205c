package dev.tempost.demo.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * CPU time of processes, from {@code /proc}: Linux only.
 *
 * @param processes their ids, by what they are called
 * @param database PostgreSQL's first process, whose children do its work
 */
record Cpu(Map<String, Long> processes, long database) {

    /** Whether this is Linux. */
    static final boolean IS_KNOWN = Files.isDirectory(Path.of("/proc", "self"));

    /** The kernel's clock tick, 100 a second wherever Java runs. */
    private static final long MILLIS_A_TICK = 10;

    /** Milliseconds of each so far. */
    Map<String, Long> millis() {
        Map<String, Long> millis = new LinkedHashMap<>();
        processes.forEach((name, pid) -> millis.put(name, ticks(pid, false) * MILLIS_A_TICK));
        LongStream backends = ProcessHandle.of(database).stream()
                .flatMap(ProcessHandle::children)
                .mapToLong(ProcessHandle::pid);
        millis.put(
                "postgresql",
                (ticks(database, true) + backends.map(pid -> ticks(pid, false)).sum()) * MILLIS_A_TICK);
        return millis;
    }

    private static long ticks(long pid, boolean endedChildren) {
        try {
            return ticks(Files.readString(Path.of("/proc", Long.toString(pid), "stat")), endedChildren);
        } catch (IOException ended) {
            return 0;
        }
    }

    /** What follows the name, which may hold spaces: fields 14 and 15 are its own, 16 and 17 those of children that ended. */
    static long ticks(String stat, boolean endedChildren) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return LongStream.rangeClosed(14, endedChildren ? 17 : 15)
                .map(field -> Long.parseLong(fields[(int) field - 3]))
                .sum();
    }
}
