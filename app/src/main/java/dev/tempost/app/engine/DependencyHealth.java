package dev.tempost.app.engine;

import dev.tempost.loops.Backoff;
import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at every part now and then, says when one goes or comes back, and remembers for health and metrics. */
public final class DependencyHealth implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DependencyHealth.class);

    /** Looks at one part. */
    public interface Check {
        /**
         * Asks it for a sign of life.
         *
         * @throws Exception saying what is wrong, when the part does not answer
         */
        void look() throws Exception;
    }

    private final Map<Dependency, Check> checks;
    private final Map<Dependency, String> troubles = new ConcurrentHashMap<>();
    private final Map<Dependency, Boolean> seen = new ConcurrentHashMap<>();
    private final List<RepeatingTask> tasks = new ArrayList<>();
    private volatile boolean closed;

    public DependencyHealth(Map<Dependency, Check> checks) {
        this.checks = new EnumMap<>(checks);
    }

    /** Looks at once, and then again after every pause of the part. */
    public void watch(Function<Dependency, Duration> pauses) {
        checks.forEach((part, check) -> {
            Duration pause = pauses.apply(part);
            tasks.add(
                    new RepeatingTask("Looking at " + part.label(), new Backoff(pause, pause), failure -> false, () -> {
                        look(part, check);
                        return Next.after(pause);
                    }));
        });
        tasks.forEach(RepeatingTask::start);
    }

    /** The parts that this process uses. */
    public Set<Dependency> used() {
        return checks.keySet();
    }

    /** Whether every part without which nothing goes on answered when it was last asked. */
    public boolean vitalUp() {
        return checks.keySet().stream().filter(Dependency::vital).allMatch(this::up);
    }

    /** Whether every part answered when it was last asked. */
    public boolean up() {
        return checks.keySet().stream().allMatch(this::up);
    }

    /** Whether a part answered when it was last asked; false before the first answer. */
    public boolean up(Dependency part) {
        return seen.containsKey(part) && !troubles.containsKey(part);
    }

    /** {@code up}, {@code not asked yet}, or what is wrong, by part. */
    public Map<Dependency, String> states() {
        Map<Dependency, String> states = new EnumMap<>(Dependency.class);
        checks.keySet()
                .forEach(part -> states.put(part, up(part) ? "up" : troubles.getOrDefault(part, "not asked yet")));
        return states;
    }

    private void look(Dependency part, Check check) {
        try {
            check.look();
            seen.put(part, true);
            if (troubles.remove(part) != null) {
                log.info("{} is back", part.label());
            }
        } catch (Exception e) {
            // closed meanwhile, and interrupted
            if (closed) {
                return;
            }
            seen.put(part, true);
            String trouble = rootMessage(e);
            if (troubles.put(part, trouble) == null) {
                log.warn("{} does not answer: {}. Rows wait until it does.", part.label(), trouble);
            }
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    @Override
    public void close() {
        closed = true;
        tasks.forEach(RepeatingTask::stop);
    }
}
