package dev.tempost.loops;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.slf4j.LoggerFactory;

@Timeout(20)
@Execution(ExecutionMode.SAME_THREAD) // one logger for all
class RepeatingTaskTest {

    private static final Duration LONG = Duration.ofDays(1);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofMillis(400));

    private static final class Away extends RuntimeException {
        private static final long serialVersionUID = 1;

        private Away(String message) {
            super(message);
        }
    }

    private final ListAppender<ILoggingEvent> said = new ListAppender<>();
    private final Logger log = (Logger) LoggerFactory.getLogger(RepeatingTask.class);
    private final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private final Queue<RepeatingTask.Round> rounds = new ArrayDeque<>();
    private final RepeatingTask task = new RepeatingTask(
            "Doing as told",
            BACKOFF,
            Away.class::isInstance,
            () -> rounds.isEmpty() ? Next.NOTHING : rounds.remove().run(),
            pauses::add);

    @BeforeEach
    void listen() {
        said.start();
        log.setAdditive(false);
        log.addAppender(said);
    }

    @AfterEach
    void forget() {
        log.detachAppender(said);
        log.setAdditive(true);
    }

    @Test
    void aRoundSaysHowLongThePauseAfterItIs() throws InterruptedException {
        does(() -> Next.after(Duration.ofSeconds(3)), () -> Next.AT_ONCE, () -> Next.after(LONG));

        runs();

        assertThat(pauses).containsExactly(Duration.ofSeconds(3), LONG);
    }

    @Test
    void whateverFailsIsTriedAgainAfterPausesThatDoubleUntilItWorks() throws InterruptedException {
        does(fails("a"), fails("b"), fails("c"), fails("d"), () -> Next.AT_ONCE, fails("e"));

        runs();

        assertThat(pauses).extracting(Duration::toMillis).containsExactly(100L, 200L, 400L, 400L, 100L);
    }

    @Test
    void anErrorEndsNoTaskEither() throws InterruptedException {
        does(
                () -> {
                    throw new StackOverflowError("far too deep");
                },
                () -> Next.after(LONG));

        runs();

        assertThat(pauses).containsExactly(Duration.ofMillis(100), LONG);
        assertThat(said.list)
                .singleElement()
                .satisfies(event ->
                        assertThat(event.getThrowableProxy().getMessage()).isEqualTo("far too deep"));
    }

    @Test
    void anOutageIsToldOnceAndAgainWhenItIsAnotherOrCameBack() throws InterruptedException {
        does(fails("3 connections in use"), fails("4 connections in use"), fails("\nrefused\nby whom"));
        does(() -> Next.AT_ONCE, fails("refused"));

        runs();

        assertThat(said.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "Doing as told pauses for 100 ms: 3 connections in use",
                        "Doing as told pauses for 400 ms: refused",
                        "Doing as told pauses for 100 ms: refused");
    }

    @Test
    void aFaultIsToldEachTimeWithItsStackTrace() throws InterruptedException {
        does(
                () -> {
                    throw new IllegalStateException("a bug");
                },
                () -> {
                    throw new IllegalStateException("a bug");
                });

        runs();

        assertThat(said.list).hasSize(2).allSatisfy(event -> {
            assertThat(event.getLevel()).isEqualTo(Level.ERROR);
            assertThat(event.getThrowableProxy().getMessage()).isEqualTo("a bug");
        });
    }

    @Test
    void itsThreadIsNamedAfterIt() throws InterruptedException {
        List<String> names = new CopyOnWriteArrayList<>();
        does(() -> {
            names.add(Thread.currentThread().getName());
            return Next.NOTHING;
        });

        runs();

        assertThat(names).containsExactly("tempost-doing-as-told");
    }

    @Test
    void aStopEndsAPauseAtOnce() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        RepeatingTask resting = new RepeatingTask("Resting", BACKOFF, failure -> false, () -> {
            begun.countDown();
            return Next.after(LONG);
        });
        resting.start();
        begun.await();

        resting.stop();

        resting.join(LONG);
    }

    @Test
    void aTaskThatHangsHoldsUpNoOtherAndIsInterrupted() throws InterruptedException {
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        RepeatingTask hanging = new RepeatingTask("Hanging", BACKOFF, failure -> false, () -> {
            hangs.countDown();
            try {
                never.await();
            } catch (InterruptedException e) {
                interrupted.set(true);
                throw e;
            }
            return Next.NOTHING;
        });
        hanging.start();
        hangs.await();
        does(() -> Next.NOTHING);

        runs();

        hanging.stop();
        hanging.join(LONG);
        assertThat(interrupted).isTrue();
    }

    @Test
    void aFailureThatAStopCausesIsNotTold() throws InterruptedException {
        does(() -> {
            task.stop();
            throw new IllegalStateException("interrupted");
        });

        runs();

        assertThat(said.list).isEmpty();
    }

    @Test
    void aTaskThatWasNeverStartedIsStopped() throws InterruptedException {
        task.stop();

        task.join(LONG);
    }

    private void does(RepeatingTask.Round... next) {
        rounds.addAll(List.of(next));
    }

    private static RepeatingTask.Round fails(String message) {
        return () -> {
            throw new Away(message);
        };
    }

    /** All rounds there are. */
    private void runs() throws InterruptedException {
        task.start();
        task.join(LONG);
    }
}
