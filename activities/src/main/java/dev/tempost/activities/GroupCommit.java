package dev.tempost.activities;

import dev.tempost.loops.Sleeper;
import dev.tempost.outbox.database.OutboxUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Writes what many threads want written with as few statements as it takes: while one is under way, the rest gathers for the next.
 *
 * @param <T> what one thread wants written
 * @param <A> the answer to it
 */
final class GroupCommit<T, A> implements AutoCloseable {

    /** Writes a group, in one transaction. */
    interface Statement<T, A> {
        /** Returns the answers, in the order of what they answer. */
        List<A> run(List<T> group);
    }

    private record Asked<T, A>(T what, CompletableFuture<A> answer) {}

    // a statement of so many takes some milliseconds, and holds that many locks
    private static final int MOST = 100;

    private final LinkedBlockingQueue<Asked<T, A>> queue = new LinkedBlockingQueue<>();
    private final Duration gathering;
    private final Statement<T, A> statement;
    private final Thread thread;

    /**
     * @param name of its thread
     * @param gathering how long the first of a group waits for others
     */
    GroupCommit(String name, Duration gathering, Statement<T, A> statement) {
        this.gathering = gathering;
        this.statement = statement;
        this.thread = Thread.ofVirtual().name(name).start(this::work);
    }

    /** Returns once it is written, and committed. */
    A write(T what) throws OutboxUnavailableException {
        return await(ask(what));
    }

    /** Has it written; {@link #await} tells the answer. */
    CompletableFuture<A> ask(T what) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        queue.add(new Asked<>(what, answer));
        return answer;
    }

    /** Waits until what was asked is written, and committed. */
    static <A> A await(CompletableFuture<A> answer) throws OutboxUnavailableException {
        try {
            return answer.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof OutboxUnavailableException away ? away : e;
        }
    }

    private void work() {
        try {
            while (true) {
                List<Asked<T, A>> group = new ArrayList<>();
                group.add(queue.take());
                Sleeper.REAL.sleep(gathering);
                queue.drainTo(group, MOST - 1);
                answer(group);
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(List<Asked<T, A>> group) {
        try {
            List<A> answers = statement.run(group.stream().map(Asked::what).toList());
            for (int i = 0; i < group.size(); i++) {
                group.get(i).answer().complete(answers.get(i));
            }
        } catch (RuntimeException e) {
            group.forEach(asked -> asked.answer().completeExceptionally(e));
        }
    }

    /** Call it once nobody waits for an answer any more. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
