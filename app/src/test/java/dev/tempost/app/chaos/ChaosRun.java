package dev.tempost.app.chaos;

import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/** Makes a run and writes its report beside those of earlier ones. */
final class ChaosRun {

    private ChaosRun() {}

    /** {@code -Dtempost.chaos.seed}, or a new one. */
    static long seed() {
        Long given = Long.getLong("tempost.chaos.seed");
        return given != null ? given : ThreadLocalRandom.current().nextInt(1_000_000);
    }

    static Report of(Plan plan, Path folder) throws Exception {
        try (Chaos chaos = new Chaos(plan, folder.resolve(Long.toString(plan.seed())))) {
            Report report = chaos.run();
            System.out.println(new Reports(folder).add(report));
            report.stories().forEach(System.out::println);
            return report;
        }
    }
}
