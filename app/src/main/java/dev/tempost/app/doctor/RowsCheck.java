package dev.tempost.app.doctor;

import dev.tempost.app.routing.Deliveries;
import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.reconciliation.Disagreement;
import dev.tempost.reconciliation.Reconciler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The rows: what waits, what failed, and what their workflows say. */
final class RowsCheck {

    private static final double LATE_SECONDS = 300;
    private static final double VERY_LATE_SECONDS = 3600;
    private static final Duration LONG_PAUSE = Duration.ofHours(4);
    private static final int NAMED = 20;
    private static final int LOOKED_AT = 10_000;

    private final Backlog backlog;
    private final List<Backlog.Group> groups;

    RowsCheck(Backlog backlog) {
        this.backlog = backlog;
        this.groups = backlog.groups(null);
    }

    List<Finding> counts() {
        List<Finding> findings = new ArrayList<>();
        findings.add(due());
        findings.add(failed());
        findings.add(ambiguous());
        findings.add(wedged());
        return findings;
    }

    private Finding due() {
        double oldest = groups.stream()
                .filter(group -> group.status() == RowStatus.PENDING)
                .mapToDouble(Backlog.Group::oldestSeconds)
                .max()
                .orElse(0);
        if (oldest == 0) {
            return Finding.ok("pending", "nothing is due");
        }
        String says = "the oldest has been due for " + Formats.age(oldest);
        String advice = "does a replica with the role starter run? A failed row holds its shard: ./tempost failed";
        if (oldest < LATE_SECONDS) {
            return Finding.ok("pending", says);
        }
        return oldest < VERY_LATE_SECONDS
                ? Finding.warn("pending", says, advice)
                : Finding.problem("pending", says, advice);
    }

    private Finding failed() {
        long failed = groups.stream()
                .filter(group -> group.status() == RowStatus.FAILED)
                .mapToLong(Backlog.Group::rows)
                .sum();
        return failed == 0
                ? Finding.ok("failed", "none")
                : Finding.warn(
                        "failed",
                        failed + " rows wait for a decision",
                        "./tempost failed lists them with their reasons; then retry or dismiss");
    }

    private Finding ambiguous() {
        long ambiguous = groups.stream().mapToLong(Backlog.Group::ambiguous).sum();
        return ambiguous == 0
                ? Finding.ok("ambiguous", "none among the open rows")
                : Finding.warn(
                        "ambiguous",
                        ambiguous + " open rows may have been accepted by their last attempt",
                        "those that failed: look for the Message-ID at the provider, then retry or dismiss");
    }

    private Finding wedged() {
        String wedged = groups.stream()
                .filter(group -> group.wedged() > 0)
                .map(group -> group.wedged() + " " + group.eventType() + " of " + group.tenant())
                .collect(Collectors.joining(", "));
        return wedged.isEmpty()
                ? Finding.ok("wedged", "none")
                : Finding.problem(
                        "wedged",
                        "should have been tried again ten minutes ago: " + wedged,
                        "docs/operations.md, 'Dispatched rows do not move': is a worker running, is the workflow"
                                + " paused or stuck?");
    }

    /** What operators hold back, and that nobody has forgotten it. */
    List<Finding> pauses(List<Pauses.Pause> pauses, Instant now) {
        if (pauses.isEmpty()) {
            return List.of(Finding.ok("paused", "nothing"));
        }
        long rows = groups.stream().mapToLong(Backlog.Group::paused).sum();
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok("paused", rows + " rows, by " + pauses.size() + " switches"));
        // latest first: the oldest are those that may have been forgotten
        pauses.reversed().stream()
                .filter(pause -> pause.pausedAt().isBefore(now.minus(LONG_PAUSE)))
                .limit(NAMED)
                .map(pause -> Finding.warn(
                        "paused",
                        pause.scope() + " since " + Formats.time(pause.pausedAt()) + " by " + pause.pausedBy() + ": "
                                + pause.reason(),
                        "is it still wanted? ./tempost resume lets its rows go on"))
                .forEach(findings::add);
        return findings;
    }

    /** Event types of open rows that go out by mail and have no template to be rendered with. */
    Finding templates(Path root, Deliveries deliveries) {
        List<String> missing = backlog.eventTypes(LOOKED_AT).stream()
                .filter(deliveries::byMail)
                .filter(eventType ->
                        !Files.isRegularFile(root.resolve(eventType).resolve("subject.txt")))
                .toList();
        String without = missing.stream().limit(NAMED).collect(Collectors.joining(", "))
                + (missing.size() > NAMED ? " and " + (missing.size() - NAMED) + " more" : "");
        return without.isEmpty()
                ? Finding.ok("templates", "every event type of an open row that goes by mail has one in " + root)
                : Finding.problem(
                        "templates",
                        "none in " + root + " for " + without,
                        "add the folder with subject.txt and body.txt or body.html, then ./tempost retry the rows that"
                                + " failed");
    }

    /** What a reconciliation would find now. */
    static List<Finding> disagreements(Reconciler reconciler) {
        List<Disagreement> found = reconciler.compare(0, NAMED, false, () -> {}).found();
        if (found.isEmpty()) {
            return List.of(Finding.ok("rows, workflows", "agree"));
        }
        return found.stream()
                .limit(NAMED)
                .map(row -> Finding.problem(
                        "rows, workflows",
                        "row " + row.id() + " waits for its workflow, which is " + row.finding() + "; it will become "
                                + row.outcome(),
                        "the schedule repairs it within a minute; if not, see its last run"))
                .toList();
    }
}
