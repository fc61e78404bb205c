package dev.tempost.app.command;

/** Who runs a command. */
final class Operator {

    private Operator() {}

    /** The operating system's name for the user; in a pod, that of the image's user. */
    static String name() {
        return System.getProperty("user.name", "unknown");
    }
}
