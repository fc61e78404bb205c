package dev.tempost.app;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.Deflater;

/** Tempost as a process of its own, from the class path of the tests, as {@code ./tempost} starts it from its jar. */
public final class TempostProcess {

    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final List<String> OPTIONS = List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xlog:aot*=off",
            "-Xlog:cds*=off",
            // and not the tests' own, of which each module brings one
            "-Dlogging.config=classpath:logback.xml",
            "-Dlogback.statusListenerClass=ch.qos.logback.core.status.NopStatusListener");

    /** What all processes load, parsed and verified once per test run: a third of the processor time of each start. */
    private static final class Classes {

        static final Classes SHARED = new Classes();

        final List<String> application;

        private Classes() {
            try {
                Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target", "processes")), "run")
                        .toAbsolutePath();
                // an archive goes with jars only
                List<String> jars = new ArrayList<>();
                for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, 0)) {
                    Path path = Path.of(entry);
                    jars.add(Files.isDirectory(path) ? jar(path, folder.resolve(jars.size() + ".jar")) : entry);
                }
                List<String> loaded =
                        List.of("-cp", String.join(File.pathSeparator, jars), TempostApplication.class.getName());
                Path archive = folder.resolve("classes.jsa");
                Path log = folder.resolve("warm-up.log");
                int exit = configured(command(with("-XX:ArchiveClassesAtExit=" + archive, loaded), "warm-up"), Map.of())
                        .redirectOutput(log.toFile())
                        .start()
                        .waitFor();
                if (exit != 0) {
                    throw new IllegalStateException("warm-up failed: " + Files.readString(log));
                }
                application = with("-XX:SharedArchiveFile=" + archive, loaded);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private static List<String> with(String option, List<String> application) {
            return Stream.concat(Stream.of(option), application.stream()).toList();
        }

        private static String jar(Path folder, Path jar) throws IOException {
            try (OutputStream file = Files.newOutputStream(jar);
                    JarOutputStream out = new JarOutputStream(file);
                    Stream<Path> all = Files.walk(folder)) {
                out.setLevel(Deflater.NO_COMPRESSION);
                for (Path path : all.filter(path -> !path.equals(folder)).toList()) {
                    // folders, too: who looks for all files of one, as Flyway does, finds none otherwise
                    String slash = Files.isDirectory(path) ? "/" : "";
                    out.putNextEntry(new JarEntry(folder.relativize(path) + slash));
                    if (slash.isEmpty()) {
                        Files.copy(path, out);
                    }
                }
            }
            return jar.toString();
        }
    }

    private TempostProcess() {}

    /**
     * A process that is not started yet.
     *
     * @param settings by the names of their properties; it gets them as environment variables, as a container does
     */
    public static ProcessBuilder of(Map<String, String> settings, String... arguments) {
        return configured(command(Classes.SHARED.application, arguments), settings);
    }

    /** A script that does what {@code ./tempost} does, and builds nothing. */
    public static String script() {
        return "#!/bin/sh\nexec "
                + of(Map.of()).command().stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "))
                + " \"$@\"\n";
    }

    /** The same from a jar that was built. */
    public static ProcessBuilder fromJar(String jar, Map<String, String> settings, String... arguments) {
        return configured(command(List.of("-jar", jar), arguments), settings);
    }

    private static ProcessBuilder configured(List<String> command, Map<String, String> settings) {
        ProcessBuilder process = new ProcessBuilder(command).redirectErrorStream(true);
        settings.forEach((property, value) -> process.environment().put(variable(property), value));
        return process;
    }

    private static List<String> command(List<String> application, String... arguments) {
        List<String> command = new ArrayList<>(List.of(JAVA));
        command.addAll(OPTIONS);
        command.addAll(application);
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    private static String variable(String property) {
        return property.replace('.', '_').replace("-", "").toUpperCase(Locale.ROOT);
    }
}
