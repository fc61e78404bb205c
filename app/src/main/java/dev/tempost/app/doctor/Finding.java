package dev.tempost.app.doctor;

import java.util.Locale;

/**
 * What one check came to.
 *
 * @param level how bad it is
 * @param subject what was examined
 * @param says what it found
 * @param advice what to do; empty when there is nothing to do
 */
public record Finding(Level level, String subject, String says, String advice) {

    /** How bad it is. */
    public enum Level {
        /** As it should be. */
        OK,
        /** Worth a look. */
        WARN,
        /** Nobody has set where to look, and there is nothing where it is by default. */
        UNSET,
        /** Rows wait, or will, until somebody acts. */
        PROBLEM
    }

    static Finding ok(String subject, String says) {
        return new Finding(Level.OK, subject, says, "");
    }

    static Finding warn(String subject, String says, String advice) {
        return new Finding(Level.WARN, subject, says, advice);
    }

    static Finding problem(String subject, String says, String advice) {
        return new Finding(Level.PROBLEM, subject, says, advice);
    }

    /** The same where it may be due to a setting that nobody has given: a problem is none then. */
    Finding unlessSet(boolean set) {
        return set || level != Level.PROBLEM ? this : new Finding(Level.UNSET, subject, says, advice);
    }

    /** Whether what depends on it can be examined. */
    boolean isFine() {
        return level.compareTo(Level.WARN) <= 0;
    }

    /** One line, and a second one where there is something to do. */
    public String text() {
        String line = "%-8s %-18s %s".formatted(level.name().toLowerCase(Locale.ROOT), subject, says);
        return advice.isEmpty() ? line : line + System.lineSeparator() + " ".repeat(28) + "-> " + advice;
    }
}
