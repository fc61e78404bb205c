package dev.tempost.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The demo's templates as files: they live in the jar, and templates are read from a folder. */
final class DemoTemplates {

    private static final List<String> FILES = List.of(
            "contract_signed/subject.txt",
            "contract_signed/subject.properties",
            "contract_signed/body.html",
            "contract_signed/body.txt",
            "contract_signed/body.properties",
            "hello/subject.txt",
            "hello/body.html",
            "hello/body.txt");

    private DemoTemplates() {}

    static void unpack(Path folder) {
        for (String file : FILES) {
            try {
                Path target = folder.resolve(file);
                Files.createDirectories(target.getParent());
                Files.write(target, DemoScenario.resource("/demo/templates/" + file));
            } catch (IOException e) {
                throw new UncheckedIOException("the demo's templates could not be unpacked to " + folder, e);
            }
        }
    }
}
