package dev.tempost.app.console;

/** What was done just before a page is shown. */
enum Done {
    NOTHING(""),
    RETRY("Will be delivered again."),
    DISMISS("Dismissed."),
    CANCEL("Cancelled, or will be before its next attempt."),
    CORRECT("Corrected. A failed row stays failed until it is retried."),
    TRIED("Tried just now: the timeline says how it went."),
    ASKED("Goes out as soon as it can. Look again in a moment."),
    SNOOZE("Put off."),
    RESEND("This row sends the message again.");

    private final String words;

    Done(String words) {
        this.words = words;
    }

    /** What a page says of the action of that name; nothing for any other. */
    static String of(String action) {
        for (Done done : values()) {
            if (done.name().equalsIgnoreCase(action)) {
                return done.words;
            }
        }
        return NOTHING.words;
    }
}
