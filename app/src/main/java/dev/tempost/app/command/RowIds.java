package dev.tempost.app.command;

import java.util.List;
import picocli.CommandLine.Parameters;

/** Which rows a command is about. */
final class RowIds {

    @Parameters(arity = "1..*", paramLabel = "ID", description = "The ids of the rows.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    List<Long> all;
}
