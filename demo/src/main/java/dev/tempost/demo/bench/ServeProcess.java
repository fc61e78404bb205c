package dev.tempost.demo.bench;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** {@code tempost serve} as a process of its own, started like this one. */
public final class ServeProcess {

    private ServeProcess() {}

    static List<String> command(Map<String, String> settings) {
        return command(settings, System.getProperty("java.class.path"), "256m");
    }

    /**
     * The same of another build.
     *
     * @param heap as {@code -Xmx} takes it
     */
    static List<String> command(Map<String, String> settings, String classPath, String heap) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> !argument.startsWith("-Xmx"))
                .toList());
        command.addAll(List.of("-Xmx" + heap, "-cp", classPath));
        settings.forEach((property, value) -> command.add("-D" + property + "=" + value));
        command.add(
                // a jar alone is the build's own, which brings its libraries along
                classPath.endsWith(".jar") && !classPath.contains(File.pathSeparator)
                        ? "org.springframework.boot.loader.launch.JarLauncher"
                        : "dev.tempost.demo.DemoApplication");
        command.add("serve");
        return command;
    }

    /** Linux only: the kernel keeps the high-water mark. */
    public static long peakResidentMegabytes(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Arrays.stream(line.split("\\s+"))
                                .filter(word -> word.matches("\\d+"))
                                .mapToLong(Long::parseLong)
                                .findFirst()
                                .orElseThrow()
                        / 1024)
                .findFirst()
                .orElseThrow(() -> new IOException("no VmHWM for process " + pid));
    }
}
