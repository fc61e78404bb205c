package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import dev.tempost.embedded.EmbeddedPostgreSql;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * What a transaction that somebody holds open costs claims: it keeps dead rows from being removed.
 *
 * @param held how many rows are claimed and finished meanwhile
 * @param plot where the drawing goes
 */
record HeldTransaction(int held, Path plot, Progress progress) {

    private static final int FINISHED = 1_000;
    private static final int ROWS_A_CLAIM = 16;
    private static final int CLAIMS_A_POINT = 50;

    /** @param figure told each figure by name */
    void measure(EmbeddedPostgreSql server, BiConsumer<String, String> figure) throws Exception {
        try (GrowingOutbox free = new GrowingOutbox(server.database("free"));
                GrowingOutbox under = new GrowingOutbox(server.database("held"));
                Connection holder = server.database("held").getConnection();
                Statement statement = holder.createStatement()) {
            free.fill(FINISHED, held + 4 * CLAIMS_A_POINT * ROWS_A_CLAIM);
            under.fill(FINISHED, held + 4 * CLAIMS_A_POINT * ROWS_A_CLAIM);
            holder.setAutoCommit(false);
            holder.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("SELECT count(*) FROM tempost.outbox");

            progress.say(held + " rows claimed and finished while a transaction is open, and beside it without");
            List<LinePlot.Point> without = new ArrayList<>();
            List<LinePlot.Point> with = new ArrayList<>();
            int done = 0;
            while (done < held) {
                List<Double> inFree = new ArrayList<>();
                List<Double> inHeld = new ArrayList<>();
                for (int i = 0; i < CLAIMS_A_POINT; i++) {
                    inFree.add(free.claimFinish(ROWS_A_CLAIM));
                    inHeld.add(under.claimFinish(ROWS_A_CLAIM));
                }
                done += CLAIMS_A_POINT * ROWS_A_CLAIM;
                without.add(new LinePlot.Point(done, Figures.median(inFree)));
                with.add(new LinePlot.Point(done, Figures.median(inHeld)));
                progress.count("finished", done, held);
            }
            figure.accept("a claim, first rows of that", both(without.getFirst(), with.getFirst()));
            LinePlot.Point half = with.get(with.size() / 2);
            figure.accept("a claim after " + (int) half.x() + " rows", both(without.get(without.size() / 2), half));
            figure.accept("a claim after " + done + " rows", both(without.getLast(), with.getLast()));

            holder.rollback();
            under.vacuum();
            List<Double> after = new ArrayList<>();
            for (int i = 0; i < CLAIMS_A_POINT; i++) {
                after.add(under.claimFinish(ROWS_A_CLAIM));
            }
            figure.accept(
                    "a claim once it is closed and the table vacuumed",
                    String.format(Locale.ROOT, "%.2f ms", Figures.median(after)));
            Files.writeString(
                    plot,
                    new LinePlot(
                                    "Time per claim of " + ROWS_A_CLAIM + " rows",
                                    "rows claimed and finished",
                                    "ms, median of " + CLAIMS_A_POINT)
                            .draw(Map.of("no transaction open", without, "a transaction held open", with)));
        }
    }

    private static String both(LinePlot.Point without, LinePlot.Point with) {
        return String.format(Locale.ROOT, "%.2f ms; %.2f ms with the transaction open", without.y(), with.y());
    }
}
