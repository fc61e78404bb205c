package dev.tempost.app.terminal;

import java.io.PrintStream;

/** What is shown anew again and again: on a terminal in the same place, anywhere else one after the other. */
public final class Screen {

    private static final String CLEAR = "\033[H\033[2J";

    private final PrintStream out;
    private final boolean watched;
    private boolean begun;

    public Screen(PrintStream out) {
        this(out, Watched.isWatched());
    }

    Screen(PrintStream out, boolean watched) {
        this.out = out;
        this.watched = watched;
    }

    /** Makes room for what comes next. */
    public void begin() {
        if (watched) {
            out.print(CLEAR);
        } else if (begun) {
            out.println();
        }
        begun = true;
    }
}
