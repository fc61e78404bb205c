package dev.tempost.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.app.OneAtATime;
import dev.tempost.app.chaos.check.Violation.Kind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A checker that never complains proves nothing: here are engines it has to complain about. */
@OneAtATime
class BrokenBuildTest {

    /** What an outbox does that marks its rows before it sends them. */
    private static final String MARK_BEFORE_SEND = """
        CREATE FUNCTION tempost.mark_before_send() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE tempost.outbox
            SET status = 'delivered', finished_at = clock_timestamp(), lease_until = NULL
            WHERE id = NEW.outbox_id;
            RETURN NEW;
        END
        $$;
        CREATE TRIGGER mark_before_send AFTER INSERT ON tempost.attempt
            FOR EACH ROW EXECUTE FUNCTION tempost.mark_before_send()
        """;

    /** What an outbox does that keeps no ledger: everybody who asks may send, and no earlier attempt is remembered. */
    private static final String NO_LEDGER = """
        DO $do$
        DECLARE
            gate pg_proc;
        BEGIN
            SELECT * INTO STRICT gate FROM pg_proc
            WHERE pronamespace = 'tempost'::regnamespace AND proname = 'open_attempt';
            ALTER FUNCTION tempost.open_attempt RENAME TO sound_open_attempt;
            EXECUTE format(
                $f$
                CREATE FUNCTION tempost.open_attempt(%s) RETURNS %s LANGUAGE plpgsql AS $body$
                BEGIN
                    DELETE FROM tempost.attempt WHERE outbox_id = $1;
                    RETURN tempost.sound_open_attempt(%s);
                END
                $body$
                $f$,
                pg_get_function_arguments(gate.oid),
                pg_get_function_result(gate.oid),
                (SELECT string_agg('$' || n, ', ' ORDER BY n) FROM generate_series(1, gate.pronargs) n));
        END
        $do$
        """;

    @Test
    void markingBeforeSendingIsCaughtAsLoss() throws Exception {
        Report report = run("mark-before-send", MARK_BEFORE_SEND);

        assertThat(report.of(Kind.LOST)).as("lost: %s", report.stories()).isPositive();
    }

    @Test
    void sendingWithoutALedgerIsCaughtAsUnrecordedDuplicates() throws Exception {
        Report report = run("no-ledger", NO_LEDGER);

        assertThat(report.of(Kind.UNRECORDED_DUPLICATE))
                .as("unrecorded duplicates: %s", report.stories())
                .isPositive();
    }

    private static Report run(String name, String sabotage) throws Exception {
        return ChaosRun.of(Plan.sabotaged(ChaosRun.seed(), List.of(sabotage)), Path.of("target", "chaos", name));
    }
}
