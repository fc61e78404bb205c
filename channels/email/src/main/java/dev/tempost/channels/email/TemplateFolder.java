package dev.tempost.channels.email;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one event type, as it was when last looked at.
 *
 * @param name the event type
 * @param root which root has it
 * @param version changes with every change of a file in it
 * @param text whether it has a {@code body.txt}
 * @param html whether it has a {@code body.html}
 * @param lookedAt when, in milliseconds
 */
record TemplateFolder(String name, int root, String version, boolean text, boolean html, long lookedAt) {

    /** A name for Thymeleaf that is new whenever the folder has changed. */
    record Versioned(int root, String path) {

        private static final Pattern NAME = Pattern.compile("(\\d+)@[^/]*/(.*)");

        static @Nullable Versioned parse(String name) {
            Matcher matcher = NAME.matcher(name);
            return matcher.matches() ? new Versioned(Integer.parseInt(matcher.group(1)), matcher.group(2)) : null;
        }
    }

    String versioned(String file) {
        return root + "@" + version + "/" + name + "/" + file;
    }

    /** The folder of that name in the first root that has a subject for it; null where none has. */
    static @Nullable TemplateFolder find(List<Path> roots, String name, long now) {
        for (int i = 0; i < roots.size(); i++) {
            Path folder = roots.get(i).resolve(name);
            if (Files.isRegularFile(folder.resolve("subject.txt"))) {
                return new TemplateFolder(
                        name,
                        i,
                        version(folder),
                        Files.isRegularFile(folder.resolve("body.txt")),
                        Files.isRegularFile(folder.resolve("body.html")),
                        now);
            }
        }
        return null;
    }

    private static String version(Path folder) {
        long version = 1;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
                version = 31 * version + file.getFileName().toString().hashCode();
                version = 31 * version + is.lastModifiedTime().hashCode();
                version = 31 * version + is.size();
            }
        } catch (IOException e) {
            // a file went away while we looked: the next look sees what has become of it
            version = 31 * version + System.nanoTime();
        }
        return Long.toHexString(version);
    }
}
