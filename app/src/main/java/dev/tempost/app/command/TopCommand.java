package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.app.terminal.Screen;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowSearch;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What goes on, as it goes on. */
@Command(
        name = "top",
        description = {
            "Shows what goes on, anew every two seconds until it is stopped: what ended since the last look, what is open and how old,"
                    + " what holds it back, and dead letters by cause.",
            "Each look counts the open rows. Where that takes long, looks are further apart."
        },
        mixinStandardHelpOptions = true)
final class TopCommand implements Callable<Integer> {

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(2);
    // looking takes a fifth of the time, however many rows are open
    private static final int PAUSE_PER_LOOK = 4;
    private static final Duration FIRST_STRETCH = Duration.ofMinutes(1);
    private static final int GROUPS = 20;
    private static final int CAUSES = 10;
    private static final int SWITCHES = 5;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Tenant tenant;

    @Option(names = "--once", description = "One look, at what ended in the last minute, and no more.")
    private boolean once;

    private record Look(
            Duration stretch,
            List<Backlog.Total> ended,
            List<Backlog.Group> open,
            List<ProviderHealth.Down> down,
            List<Pauses.Pause> pauses,
            RowSearch.Causes causes) {}

    @Override
    public Integer call() {
        return Outbox.with(dataSource -> once ? lookOnce(dataSource) : watch(dataSource));
    }

    private int lookOnce(DataSource dataSource) {
        print(look(dataSource, FIRST_STRETCH));
        return ExitCode.DONE;
    }

    private int watch(DataSource dataSource) {
        Screen screen = new Screen(System.out);
        long last = System.nanoTime() - FIRST_STRETCH.toNanos();
        boolean seen = false;
        while (true) {
            long began = System.nanoTime();
            Duration pause = BETWEEN_LOOKS;
            try {
                Look look = look(dataSource, Duration.ofNanos(began - last));
                // the first takes its time for other reasons
                if (seen) {
                    pause = pauseAfter(Duration.ofNanos(System.nanoTime() - began));
                }
                screen.begin();
                print(look);
                last = began;
                seen = true;
            } catch (OutboxUnavailableException e) {
                if (!seen) {
                    throw e;
                }
                // whoever watches an outage wants to see its end
                screen.begin();
                Formats.printf("%s  %s%n", Formats.time(Instant.now()), e.getMessage());
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return ExitCode.DONE;
            }
        }
    }

    private static Duration pauseAfter(Duration look) {
        Duration pause = look.multipliedBy(PAUSE_PER_LOOK);
        return pause.compareTo(BETWEEN_LOOKS) > 0 ? pause : BETWEEN_LOOKS;
    }

    private Look look(DataSource dataSource, Duration stretch) {
        Backlog backlog = new Backlog(dataSource);
        return new Look(
                stretch,
                backlog.ended(tenant.name, stretch),
                backlog.groups(tenant.name),
                new ProviderHealth(dataSource).down(),
                new Pauses(dataSource).active(),
                new RowSearch(dataSource).causes(tenant.name));
    }

    private static void print(Look look) {
        double seconds = Math.max(look.stretch().toMillis() / 1000.0, 0.001);
        String ended = look.ended().stream()
                .map(total -> String.format(
                        Locale.ROOT, "%,d %s", total.rows(), total.status().column()))
                .collect(Collectors.joining(", "));
        long rows = look.ended().stream().mapToLong(Backlog.Total::rows).sum();
        Formats.printf(
                "%s  in the last %s: %s%n",
                Formats.time(Instant.now()),
                Formats.age(Math.ceil(seconds)),
                rows == 0 ? "nothing ended" : String.format(Locale.ROOT, "%s; %.1f a second", ended, rows / seconds));

        List<Backlog.Group> oldestFirst = look.open().stream()
                .sorted(Comparator.comparingDouble(Backlog.Group::oldestSeconds).reversed())
                .toList();
        OpenRows.print(oldestFirst.stream().limit(GROUPS).toList());
        more(oldestFirst.size() - GROUPS, "tenants and event types");
        OpenRows.printWhatHolds(
                look.down(), look.pauses().stream().limit(SWITCHES).toList());
        more(look.pauses().size() - SWITCHES, "switches");

        List<RowSearch.Group> causes = look.causes().groups();
        if (!causes.isEmpty()) {
            Formats.printf(
                    "%ndead letters%s%n",
                    look.causes().complete()
                            ? ""
                            : String.format(Locale.ROOT, ", the newest %,d", RowSearch.LOOKED_AT_BY_CAUSE));
        }
        causes.stream()
                .limit(CAUSES)
                .forEach(group -> Formats.printf(
                        "%,10d  %-20s %-24s %s%n",
                        group.rows(),
                        group.cause().failureType(),
                        group.cause().eventType(),
                        group.cause().message()));
        more(causes.size() - CAUSES, "causes");
    }

    private static void more(int left, String what) {
        if (left > 0) {
            Formats.printf("and %d more %s%n", left, what);
        }
    }
}
