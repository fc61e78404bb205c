package dev.tempost.app.chaos;

import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Rule;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a mail server may do wrong, at each step of a conversation. */
final class SmtpFaults implements Function<Phase, @Nullable Consumer<Rule>> {

    private record Fault(String name, Consumer<Rule> rule) {}

    private static final Fault CLOSE = new Fault("close", Rule::close);
    private static final Fault RESET = new Fault("reset", Rule::reset);
    private static final Fault HANG = new Fault("hang", Rule::hang);
    private static final Fault SLOW = new Fault("slow", rule -> rule.slow(Duration.ofMillis(700)));
    private static final Fault GARBAGE = new Fault("garbage", Rule::garbage);
    private static final Fault BYE = new Fault("421", rule -> rule.reply("421 4.3.2 shutting down"));
    private static final Fault BUSY = new Fault("451", rule -> rule.reply("451 4.3.0 try again later"));
    private static final Fault GREYLISTED = new Fault("450", rule -> rule.reply("450 4.2.0 greylisted"));
    private static final Fault UNKNOWN = new Fault("550", rule -> rule.reply("550 5.1.1 user unknown"));
    private static final Fault REJECTED = new Fault("554", rule -> rule.reply("554 5.7.1 content refused"));

    private static final List<Fault> WITHOUT_REPLY = List.of(CLOSE, RESET, HANG, SLOW);
    private static final List<Fault> ANYWHERE = List.of(CLOSE, RESET, HANG, SLOW, GARBAGE, BYE, BUSY);
    private static final List<Fault> AT_RECIPIENT =
            List.of(CLOSE, RESET, HANG, SLOW, GARBAGE, BYE, BUSY, GREYLISTED, GREYLISTED, UNKNOWN);
    private static final List<Fault> AFTER_DOT = List.of(
            CLOSE,
            RESET,
            HANG,
            SLOW,
            GARBAGE,
            BUSY,
            REJECTED,
            new Fault("taken, then close", Rule::acceptThenClose),
            new Fault("taken, then close", Rule::acceptThenClose),
            new Fault("taken, then reset", Rule::acceptThenReset),
            new Fault("taken, then reset", Rule::acceptThenReset),
            new Fault("taken, then hang", Rule::acceptThenHang),
            new Fault("taken, then garbage", Rule::acceptThenGarbage));

    private final Faults faults;

    SmtpFaults(Faults faults) {
        this.faults = faults;
    }

    @Override
    public @Nullable Consumer<Rule> apply(Phase phase) {
        String boundary = "smtp " + phase;
        if (!faults.strikes(boundary)) {
            return null;
        }
        List<Fault> choices = switch (phase) {
            case CONTENT -> WITHOUT_REPLY;
            case RCPT -> AT_RECIPIENT;
            case DATA_END -> AFTER_DOT;
            default -> ANYWHERE;
        };
        Fault fault = choices.get(faults.pick(boundary, choices.size()));
        faults.struck(boundary + ": " + fault.name());
        return fault.rule();
    }
}
