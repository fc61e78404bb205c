package dev.tempost.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;

/** What every run of a whole engine has to show, however long it was. */
final class Soundness {

    private Soundness() {}

    static void of(Report report) {
        assertThat(report.stories()).as("violations, seed %d", report.seed()).isEmpty();
        assertThat(report.rested()).as("everything came to rest in time").isTrue();
        assertThat(report.deafToStop())
                .as("processes that did not stop when asked")
                .isZero();
        assertThat(report.diedByThemselves())
                .as("processes that ended by themselves")
                .isZero();
    }
}
