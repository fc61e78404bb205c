package dev.tempost.outbox;

import dev.tempost.outbox.rows.Pauses.Scope;
import dev.tempost.outbox.testing.TestDatabase;
import java.sql.SQLException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever happens, in whatever order, the claim does what a plain model of it allows, and leaves nothing behind. */
class ClaimModelTest {

    @SuppressWarnings("NullAway.Init") // set before the properties run
    private static TestDatabase database;

    @BeforeContainer
    static void create() {
        database = TestDatabase.create();
    }

    @AfterContainer
    static void drop() {
        database.close();
    }

    @Property
    void nothingGoesOutOfTurnTwiceOrNever(@ForAll("steps") List<Step> steps) throws SQLException {
        try (ModelledOutbox outbox = new ModelledOutbox(database)) {
            for (Step step : steps) {
                outbox.take(step);
            }
            outbox.drain();
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Integer> producer = Arbitraries.integers().between(0, 2);
        Arbitrary<Integer> row = Arbitraries.integers().between(0, 50);
        Arbitrary<String> tenant = Arbitraries.of("acme", "globex");
        Arbitrary<Step> insert = Combinators.combine(
                        producer,
                        Arbitraries.frequency(Tuple.of(3, "acme"), Tuple.of(1, "globex")),
                        Arbitraries.of("welcome", "skipped"),
                        Arbitraries.frequency(Tuple.of(3, 3), Tuple.of(1, 1), Tuple.of(1, 5)),
                        Arbitraries.of("a", "a", "b").injectNull(0.25),
                        Arbitraries.of("x", "y").injectNull(0.5),
                        Arbitraries.of("j").injectNull(0.7),
                        Arbitraries.frequency(Tuple.of(5, false), Tuple.of(1, true)))
                .as((by, of, type, priority, shard, object, job, later) ->
                        new Step.Insert(by, of, type, priority, shard, shard == null ? null : object, job, later));
        Arbitrary<Scope> scope = Arbitraries.of(
                new Scope(null, null, null),
                new Scope("acme", null, null),
                new Scope(null, "skipped", null),
                new Scope("acme", null, "a"),
                new Scope("acme", "welcome", "a"));
        return Arbitraries.frequencyOf(
                        Tuple.of(14, insert),
                        Tuple.of(8, producer.map(Step.Commit::new)),
                        Tuple.of(1, producer.map(Step.Rollback::new)),
                        Tuple.of(1, Combinators.combine(producer, row).as(Step.CancelUncommitted::new)),
                        Tuple.of(8, Arbitraries.integers().between(1, 4).map(Step.Claim::new)),
                        Tuple.of(2, Arbitraries.just(new Step.ClaimAll())),
                        Tuple.of(8, row.map(Step.Gate::new)),
                        Tuple.of(5, row.map(Step.Accept::new)),
                        Tuple.of(3, row.map(Step.Fail::new)),
                        Tuple.of(
                                2,
                                Combinators.combine(row, Arbitraries.of(true, false))
                                        .as(Step.Release::new)),
                        Tuple.of(2, row.map(Step.Die::new)),
                        Tuple.of(2, Arbitraries.just(new Step.Reclaim())),
                        Tuple.of(2, row.map(Step.Retry::new)),
                        Tuple.of(1, row.map(Step.Dismiss::new)),
                        Tuple.of(2, row.map(Step.Cancel::new)),
                        Tuple.of(1, tenant.map(of -> new Step.CancelJob(of, "j"))),
                        Tuple.of(1, scope.map(Step.Pause::new)),
                        Tuple.of(2, scope.map(Step.Resume::new)),
                        Tuple.of(1, Arbitraries.just(new Step.TimePasses())))
                .list()
                .ofMinSize(20)
                .ofMaxSize(150);
    }
}
