package dev.tempost.app.command;

import picocli.CommandLine.Option;

/** Why an operator does something, as the row will say. */
final class Reason {

    @Option(names = "--reason", required = true, description = "Why, for the row. No personal data.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    String text;
}
