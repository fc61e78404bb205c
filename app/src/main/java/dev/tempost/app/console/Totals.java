package dev.tempost.app.console;

import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.RowStatus;
import java.util.List;

/**
 * What is open, of all tenants and event types.
 *
 * @param due how many rows are pending and due
 * @param dispatched how many are on their way
 * @param failed how many failed
 * @param paused how many a switch holds back
 * @param wedged how many nobody drives
 * @param ambiguous how many may have been accepted
 * @param oldestSeconds how long the oldest that is due has been, in seconds
 */
public record Totals(
        long due, long dispatched, long failed, long paused, long wedged, long ambiguous, double oldestSeconds) {

    static Totals of(List<Backlog.Group> groups) {
        return new Totals(
                groups.stream()
                        .filter(group -> group.status() == RowStatus.PENDING)
                        .mapToLong(Backlog.Group::due)
                        .sum(),
                rows(groups, RowStatus.DISPATCHED),
                rows(groups, RowStatus.FAILED),
                groups.stream().mapToLong(Backlog.Group::paused).sum(),
                groups.stream().mapToLong(Backlog.Group::wedged).sum(),
                groups.stream().mapToLong(Backlog.Group::ambiguous).sum(),
                groups.stream()
                        .filter(group -> group.status() != RowStatus.FAILED)
                        .mapToDouble(Backlog.Group::oldestSeconds)
                        .max()
                        .orElse(0));
    }

    private static long rows(List<Backlog.Group> groups, RowStatus status) {
        return groups.stream()
                .filter(group -> group.status() == status)
                .mapToLong(Backlog.Group::rows)
                .sum();
    }
}
