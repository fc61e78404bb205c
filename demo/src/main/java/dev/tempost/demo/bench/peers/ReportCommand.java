package dev.tempost.demo.bench.peers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Writes the page of benchmarks. */
@Command(
        name = "report",
        description = "Writes docs/benchmarks.md and its drawings, from docs/benchmarks/benchmarks.md.in and the newest"
                + " result file of each scenario of 'peers'.",
        mixinStandardHelpOptions = true)
public final class ReportCommand implements Callable<Integer> {

    @Override
    public Integer call() throws Exception {
        Path repository = PeerModule.repository();
        for (Map.Entry<String, String> file : Report.files(repository).entrySet()) {
            Path path = repository.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
            System.out.println(file.getKey());
        }
        return 0;
    }
}
