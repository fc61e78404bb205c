package dev.tempost.outbox;

import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.RowStatus;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the model knows of a row. */
final class ModelRow {

    final long id;
    final Step.Insert insert;

    /** Null until it is committed. */
    @Nullable
    RowStatus status;

    /** Whether a higher id of its shard was committed before it. */
    boolean late;

    boolean retried;
    boolean due;
    boolean skipped;
    boolean cancelRequested;

    /** Whether a transaction that is open has changed it. */
    boolean locked;

    /** Whether its replica died and nobody has it. */
    boolean lost;

    /** What its claim said; null while nobody has it. */
    @Nullable
    ClaimedRow claimed;

    /** The attempt that is open; null for none. */
    @Nullable
    AttemptRef attempt;

    int attempts;

    ModelRow(long id, Step.Insert insert) {
        this.id = id;
        this.insert = insert;
        this.due = !insert.later();
    }

    boolean is(RowStatus expected) {
        return status == expected;
    }

    boolean isOpen() {
        return is(RowStatus.PENDING) || is(RowStatus.DISPATCHED);
    }

    /** Whether it is in somebody's hands and between two attempts. */
    boolean driven() {
        return is(RowStatus.DISPATCHED) && !lost;
    }

    boolean holdsItsShard() {
        return is(RowStatus.FAILED) && !skipped;
    }

    boolean sharesShardWith(ModelRow other) {
        return insert.shard() != null
                && insert.shard().equals(other.insert.shard())
                && insert.tenant().equals(other.insert.tenant());
    }

    boolean sharesObjectWith(ModelRow other) {
        return insert.object() != null
                && sharesShardWith(other)
                && insert.eventType().equals(other.insert.eventType())
                && Objects.equals(insert.object(), other.insert.object());
    }

    @Override
    public String toString() {
        return "row " + id + " " + status + (due ? "" : " later") + (late ? " late" : "") + (retried ? " retried" : "")
                + " " + insert;
    }
}
