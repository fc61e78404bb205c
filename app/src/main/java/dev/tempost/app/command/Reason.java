package dev.tempost.app.command;

import picocli.CommandLine.Option;

/** Why an operator does something, as the row will say. */
final class Reason {

    @Option(
            names = "--reason",
            required = true,
            paramLabel = "TEXT",
            description = "Why, as the row will say. Required. No personal data.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    String text;
}
