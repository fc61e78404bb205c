package dev.tempost.demo;

import dev.tempost.app.terminal.Progress;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds the mails that arrived against those that were owed.
 *
 * @param owed by recipient
 * @param progress where it tells what is wrong, or that nothing is
 */
record DemoVerdict(Map<String, DemoScenario.Expected> owed, Progress progress) {

    /** Whether exactly those arrived. */
    boolean of(List<ReceivedMail> mails) {
        boolean right = true;
        Set<String> arrived = new HashSet<>();
        for (ReceivedMail mail : mails) {
            DemoScenario.Expected expected = owed.get(mail.to());
            String complaint = expected == null
                    ? "was not owed"
                    : arrived.add(mail.to()) ? expected.complaint(mail) : "came twice";
            if (complaint != null) {
                progress.say("Wrong: mail " + mail.number() + " " + complaint);
                right = false;
            }
        }
        if (arrived.size() != owed.size()) {
            progress.say("Wrong: " + arrived.size() + " of " + owed.size() + " mails arrived");
            right = false;
        }
        if (right) {
            progress.say(owed.size() + " delivered: every mail arrived once, with its team and its link; none for the"
                    + " ten that had theirs");
        }
        return right;
    }
}
