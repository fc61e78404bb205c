package dev.tempost.app.terminal;

import java.io.Console;

/** Whether a person watches. */
final class Watched {

    private Watched() {}

    @SuppressWarnings("SystemConsoleNull") // it is null under -Djdk.console=java.base
    static boolean isWatched() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }
}
