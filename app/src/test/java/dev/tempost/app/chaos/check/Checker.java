package dev.tempost.app.chaos.check;

import static java.util.stream.Collectors.groupingBy;

import dev.tempost.app.chaos.check.Violation.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Holds everything that was found against the promises. */
public final class Checker {

    private final Evidence evidence;
    private final Map<String, Row> rows = new HashMap<>();
    private final Map<Long, List<Attempt>> attempts;
    private final Map<String, List<Mail>> mails;
    private final Map<String, List<Workflow>> workflows;
    private final List<Violation> violations = new ArrayList<>();
    private int duplicates;
    private int duplicatesRecorded;
    private int lateAcceptances;

    private Checker(Evidence evidence) {
        this.evidence = evidence;
        evidence.rows().forEach(row -> rows.put(row.token(), row));
        this.attempts = evidence.attempts().stream()
                .sorted(Comparator.comparingInt(Attempt::number))
                .collect(groupingBy(Attempt::rowId));
        this.mails = evidence.mails().stream().collect(groupingBy(Mail::token));
        this.workflows = evidence.workflows().stream()
                .sorted(Comparator.comparing(Workflow::startedAt))
                .collect(groupingBy(Workflow::workflowId));
    }

    /** Looks at everything; to be called once nothing moves any more. */
    public static Verdict check(Evidence evidence) {
        return new Checker(evidence).verdict();
    }

    private Verdict verdict() {
        evidence.produced().forEach(this::checkFate);
        mails.forEach(this::checkOrigin);
        evidence.rows().forEach(this::checkRow);
        checkWorkflowsHaveRows();
        checkShards();
        return new Verdict(counts(), violations);
    }

    private void checkFate(String token, Fate fate) {
        Row row = rows.get(token);
        if (fate == Fate.COMMITTED && row == null) {
            violate(Kind.LOST, token, "committed, and there is no such row");
        }
        if (fate == Fate.ROLLED_BACK && row != null) {
            violate(Kind.ROLLED_BACK_SENT, token, "rolled back, and there is row " + row.id());
        }
    }

    private void checkOrigin(String token, List<Mail> copies) {
        if (!rows.containsKey(token)) {
            violate(Kind.ROLLED_BACK_SENT, token, copies.size() + " mails, and no row was committed");
        }
        copies.stream()
                .filter(mail -> !mail.subjectToken().equals(token))
                .forEach(mail ->
                        violate(Kind.CONTENT_OF_ANOTHER_ROW, token, "the mail's subject names " + mail.subjectToken()));
    }

    private void checkRow(Row row) {
        List<Attempt> ledger = attempts.getOrDefault(row.id(), List.of());
        List<Mail> copies = mails.getOrDefault(row.token(), List.of());
        checkEnd(row, ledger, copies);
        checkCopies(row, ledger, copies);
        checkMessageIds(row, ledger, copies);
        checkLedger(row, ledger);
        checkWorkflow(row, ledger);
    }

    private void checkEnd(Row row, List<Attempt> ledger, List<Mail> copies) {
        if (row.isOpen()) {
            violate(Kind.STUCK, row, ledger, copies);
        } else if (row.is("delivered")) {
            if (copies.isEmpty()) {
                violate(Kind.LOST, row, ledger, copies);
            }
        } else if (row.reason() == null && row.lastError() == null) {
            violate(Kind.LOST, row, ledger, copies);
        } else if (accepted(ledger) > 0) {
            violate(Kind.ACCEPTED_BUT_NOT_DELIVERED, row, ledger, copies);
        }
    }

    /** A mail is accounted for by the acceptance that delivered its row, or by an attempt recorded as ambiguous. */
    private void checkCopies(Row row, List<Attempt> ledger, List<Mail> copies) {
        int accepted = accepted(ledger);
        int ambiguous = count(ledger, "ambiguous");
        int extra = Math.max(0, copies.size() - 1);
        int allowed = ambiguous + Math.max(accepted, row.is("delivered") ? 1 : 0);
        int unaccounted = Math.max(0, copies.size() - allowed);
        duplicates += extra;
        duplicatesRecorded += Math.max(0, extra - unaccounted);
        if (unaccounted > 0) {
            violate(Kind.UNRECORDED_DUPLICATE, row, ledger, copies);
        }
        if (accepted > copies.size()) {
            violate(Kind.ACCEPTANCE_WITHOUT_MAIL, row, ledger, copies);
        }
    }

    private void checkMessageIds(Row row, List<Attempt> ledger, List<Mail> copies) {
        Set<String> ids = new HashSet<>();
        copies.forEach(mail -> ids.add(mail.messageId()));
        ledger.stream()
                .filter(attempt -> attempt.messageId() != null)
                .forEach(attempt -> ids.add(String.valueOf(attempt.messageId())));
        if (ids.size() > 1) {
            violate(Kind.MESSAGE_ID_DIFFERS, row, ledger, copies);
        }
    }

    /** A later attempt begins after the earlier one was closed, or after that one's deadline, which is the same promise. */
    private void checkLedger(Row row, List<Attempt> ledger) {
        for (int i = 0; i < ledger.size(); i++) {
            Attempt attempt = ledger.get(i);
            if (attempt.finishedAt() == null) {
                violate(Kind.ATTEMPT_LEFT_OPEN, row, ledger, mails.getOrDefault(row.token(), List.of()));
                continue;
            }
            if (i + 1 == ledger.size()) {
                continue;
            }
            Attempt next = ledger.get(i + 1);
            boolean givenUp = !next.startedAt().isBefore(attempt.deadline());
            boolean closed = !next.startedAt().isBefore(attempt.finishedAt());
            if (!closed && !givenUp) {
                violate(Kind.ATTEMPTS_OVERLAP, row, ledger, List.of());
            }
            if (attempt.is("accepted")) {
                if (closed) {
                    violate(Kind.SENT_AFTER_ACCEPTANCE, row, ledger, List.of());
                } else {
                    lateAcceptances++;
                }
            }
        }
    }

    private void checkWorkflow(Row row, List<Attempt> ledger) {
        List<Workflow> runs = workflows.getOrDefault(row.workflowId(), List.of());
        runs.stream()
                .filter(Workflow::isRunning)
                .forEach(run ->
                        violate(Kind.WORKFLOW_LEFT_RUNNING, row.token(), story(row, ledger) + ", run " + run.runId()));
        if (runs.isEmpty()) {
            if (row.is("delivered") || (row.is("failed") && !ledger.isEmpty())) {
                violate(Kind.WORKFLOW_DISAGREES, row.token(), story(row, ledger) + ", and Temporal lists none");
            }
            return;
        }
        Workflow last = runs.getLast();
        if (!last.isRunning() && !agrees(row, ledger, last)) {
            violate(
                    Kind.WORKFLOW_DISAGREES,
                    row.token(),
                    story(row, ledger) + ", and its workflow is " + last.status());
        }
    }

    /** Rows that were retried, then cancelled or expired while they were pending, leave a failed run behind. */
    private static boolean agrees(Row row, List<Attempt> ledger, Workflow last) {
        return switch (row.status()) {
            case "delivered" ->
                last.status().equals("Completed")
                        || row.inABatch()
                        || ledger.stream()
                                .anyMatch(attempt -> attempt.is("accepted")
                                        && attempt.finishedAt() != null
                                        && last.closedAt() != null
                                        && attempt.finishedAt().isAfter(last.closedAt()));
            case "failed" ->
                row.inABatch() || last.status().equals("Failed") || "WorkflowLost".equals(row.lastErrorType());
            case "cancelled", "expired", "dismissed" ->
                row.inABatch()
                        || (!last.status().equals("Terminated")
                                && !last.status().equals("TimedOut"));
            default -> true;
        };
    }

    private void checkWorkflowsHaveRows() {
        Set<String> known = new HashSet<>();
        evidence.rows().forEach(row -> known.add(row.workflowId()));
        workflows.forEach((id, runs) -> {
            // the rows of a batch may all have gone on alone
            if (!known.contains(id) && !id.startsWith("batch:")) {
                violate(Kind.WORKFLOW_WITHOUT_ROW, id, runs.size() + " runs");
            }
        });
    }

    private void checkShards() {
        Map<String, Row> latest = new HashMap<>();
        Set<String> seen = new HashSet<>();
        for (Mail mail : evidence.mails()) {
            Row row = rows.get(mail.token());
            // a cancelled or dismissed row gives its turn away, and what it had sent before may be followed by anything
            if (row == null || row.shard() == null || !row.is("delivered") || !seen.add(mail.token())) {
                continue;
            }
            Row before = latest.put(row.tenant() + ":" + row.shard(), row);
            if (before != null && before.id() > row.id()) {
                violate(Kind.OUT_OF_ORDER, row.token(), "row " + row.id() + " went out after row " + before.id());
            }
        }
    }

    private static int accepted(List<Attempt> ledger) {
        return count(ledger, "accepted");
    }

    private static int count(List<Attempt> ledger, String phase) {
        return (int) ledger.stream().filter(attempt -> attempt.is(phase)).count();
    }

    private void violate(Kind kind, Row row, List<Attempt> ledger, List<Mail> copies) {
        violate(kind, row.token(), story(row, ledger) + ", " + copies.size() + " mails");
    }

    private void violate(Kind kind, String token, String what) {
        violations.add(new Violation(kind, token, what));
    }

    private static String story(Row row, List<Attempt> ledger) {
        StringBuilder story = new StringBuilder("row " + row.id() + " is " + row.status() + " (reason: " + row.reason()
                + ", last error: " + row.lastErrorType() + " " + row.lastError() + ")");
        ledger.forEach(attempt -> story.append(", attempt ")
                .append(attempt.number())
                .append(' ')
                .append(attempt.phase())
                .append(" from ")
                .append(attempt.startedAt())
                .append(" to ")
                .append(attempt.finishedAt())
                .append(" (deadline ")
                .append(attempt.deadline())
                .append(')'));
        return story.toString();
    }

    private Verdict.Counts counts() {
        Map<String, Integer> statuses = new TreeMap<>();
        evidence.rows().forEach(row -> statuses.merge(row.status(), 1, Integer::sum));
        Map<String, Integer> phases = new TreeMap<>();
        evidence.attempts().forEach(attempt -> phases.merge(attempt.phase(), 1, Integer::sum));
        return new Verdict.Counts(
                evidence.rows().size(),
                (int) evidence.produced().values().stream()
                        .filter(fate -> fate == Fate.ROLLED_BACK)
                        .count(),
                statuses,
                phases,
                evidence.mails().size(),
                duplicates,
                duplicatesRecorded,
                lateAcceptances,
                evidence.workflows().size());
    }
}
