package dev.tempost.activities;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.workflows.DeliveryOutcome;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table and the workflows each have an enum of their own; the column's names are what they have in common. */
class OutcomeNamesTest {

    @ParameterizedTest
    @EnumSource
    void everyStatusOfARowIsAnOutcomeOfTheSameName(RowStatus status) {
        assertThat(DeliveryOutcome.of(status.column()).column()).isEqualTo(status.column());
    }
}
