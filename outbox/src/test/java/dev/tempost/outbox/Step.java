package dev.tempost.outbox;

import dev.tempost.outbox.rows.Pauses.Scope;
import org.jspecify.annotations.Nullable;

/** What may happen to an outbox. Rows are named by a number that is taken modulo the rows it can happen to; with none, it does not. */
sealed interface Step {

    /** A producer, in its open transaction. */
    record Insert(
            int producer,
            String tenant,
            String eventType,
            int priority,
            @Nullable String shard,
            @Nullable String object,
            @Nullable String job,
            boolean later)
            implements Step {}

    /** A producer cancels a pending row in its open transaction. */
    record CancelUncommitted(int producer, int row) implements Step {}

    record Commit(int producer) implements Step {}

    record Rollback(int producer) implements Step {}

    record Claim(int limit) implements Step {}

    /** Claims until there is nothing left to take. */
    record ClaimAll() implements Step {}

    record Gate(int row) implements Step {}

    record Accept(int row) implements Step {}

    record Fail(int row) implements Step {}

    record Release(int row, boolean later) implements Step {}

    /** The replica that claimed it is gone: its lease runs out, and its attempt's deadline passes. */
    record Die(int row) implements Step {}

    record Reclaim() implements Step {}

    record Retry(int row) implements Step {}

    record Dismiss(int row) implements Step {}

    record Cancel(int row) implements Step {}

    record CancelJob(String tenant, String job) implements Step {}

    record Pause(Scope scope) implements Step {}

    record Resume(Scope scope) implements Step {}

    /** Two hours pass. */
    record TimePasses() implements Step {}
}
