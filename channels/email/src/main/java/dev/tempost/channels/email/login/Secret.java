package dev.tempost.channels.email.login;

/** Something that nobody else may know. */
@FunctionalInterface
public interface Secret {

    /**
     * What it is now.
     *
     * @throws LoginRefused when it cannot be read; names the setting
     */
    String read() throws LoginRefused;

    /** One that stays the same. */
    static Secret of(String value) {
        return () -> value;
    }
}
