package dev.tempost.app.command;

/** What a script learns from a command. */
public final class ExitCode {

    static final int DONE = 0;
    /** Refused, nothing done, or something found. */
    static final int REFUSED = 1;

    /** Wrong usage, or a wrong setting. */
    public static final int SETTING = 2;

    /** A server does not answer. */
    static final int SERVER = 3;

    private ExitCode() {}
}
