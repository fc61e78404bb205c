package dev.tempost.app.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.ImportOrderer;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Runs in the JDK of the toolchain: a formatter inside Maven would parse with Maven's own, older JDK. */
class FormatTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final boolean APPLY = "apply".equals(System.getProperty("format"));

    @Test
    void everySourceIsFormatted() throws Exception {
        Formatter formatter = Formatter.createFormatter(JavaFormatterOptions.builder()
                .style(JavaFormatterOptions.Style.PALANTIR)
                .build());
        List<Path> sources = sources();
        assertThat(sources).hasSizeGreaterThan(100);
        List<Path> unformatted = new ArrayList<>();
        for (Path source : sources) {
            String before = Files.readString(source);
            String after = formatted(formatter, source, before);
            if (!after.equals(before)) {
                if (APPLY) {
                    Files.writeString(source, after);
                } else {
                    unformatted.add(ROOT.relativize(source));
                }
            }
        }
        assertThat(unformatted)
                .as("not formatted; to format: ./mvnw -q -pl app -am test -Dtest=FormatTest -Dformat=apply"
                        + " -Dsurefire.failIfNoSpecifiedTests=false")
                .isEmpty();
    }

    private static String formatted(Formatter formatter, Path source, String text) {
        try {
            return formatter.formatSource(ImportOrderer.reorderImports(
                    RemoveUnusedImports.removeUnusedImports(text), JavaFormatterOptions.Style.PALANTIR));
        } catch (FormatterException e) {
            throw new IllegalStateException(source + " cannot be parsed", e);
        }
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.toString().contains("/target/"))
                    .sorted()
                    .toList();
        }
    }
}
