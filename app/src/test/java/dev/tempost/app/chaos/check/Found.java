package dev.tempost.app.chaos.check;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Evidence made by hand: a row delivered with one mail, one attempt and one workflow, unless told otherwise. */
final class Found {

    static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final long DEADLINE = 5;

    private final Map<String, Fate> produced = new HashMap<>();
    private final List<Row> rows = new ArrayList<>();
    private final List<Attempt> attempts = new ArrayList<>();
    private final List<Mail> mails = new ArrayList<>();
    private final List<Workflow> workflows = new ArrayList<>();

    Evidence evidence() {
        return new Evidence(produced, rows, attempts, mails, workflows);
    }

    Found produced(String token, Fate fate) {
        produced.put(token, fate);
        return this;
    }

    Found row(long id, String status) {
        return row(id, status, null, "a reason", null);
    }

    Found row(long id, String status, @Nullable String shard, @Nullable String reason, @Nullable String lastErrorType) {
        rows.add(new Row(
                id,
                new UUID(id << 32, id),
                "default",
                "t" + id,
                status,
                1,
                shard,
                reason,
                lastErrorType == null ? null : "an error",
                lastErrorType,
                null));
        return produced("t" + id, Fate.COMMITTED);
    }

    /** From and to are seconds after noon; to is null while it is open. */
    Found attempt(long id, int number, String phase, long from, @Nullable Long to) {
        attempts.add(new Attempt(
                id,
                number,
                phase,
                "<" + id + "@example.com>",
                NOON.plusSeconds(from + DEADLINE),
                NOON.plusSeconds(from),
                to == null ? null : NOON.plusSeconds(to)));
        return this;
    }

    Found mail(long id) {
        return mail("t" + id, "t" + id, "<" + id + "@example.com>");
    }

    Found mail(String token, String subjectToken, String messageId) {
        mails.add(new Mail(token, subjectToken, messageId));
        return this;
    }

    Found workflow(long id, String status) {
        return workflow(
                "delivery:default:" + id + ":"
                        + new UUID(id << 32, id).toString().substring(0, 8),
                status,
                10);
    }

    Found workflow(String workflowId, String status, long closed) {
        workflows.add(new Workflow(
                workflowId,
                "run-" + workflows.size(),
                status,
                NOON.plusSeconds(workflows.size()),
                status.equals("Running") ? null : NOON.plusSeconds(closed)));
        return this;
    }

    /** A row all is well with. */
    Found delivered(long id) {
        return row(id, "delivered").attempt(id, 1, "accepted", 0, 1L).mail(id).workflow(id, "Completed");
    }
}
