package dev.tempost.app.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Where a backfill's query is: in the command line, or in a file. */
final class QuerySource {

    @Option(names = "--query", paramLabel = "SQL", required = true, description = "The query.")
    private @Nullable String text;

    @Option(names = "--query-file", paramLabel = "FILE", required = true, description = "A file that holds the query.")
    private @Nullable Path file;

    /** The query, without a semicolon at its end: it becomes part of other statements. */
    String query(CommandSpec command) {
        String query = String.valueOf(file == null ? text : read(file, command)).strip();
        return query.endsWith(";") ? query.substring(0, query.length() - 1) : query;
    }

    private static String read(Path file, CommandSpec command) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new ParameterException(command.commandLine(), "--query-file cannot be read: " + e);
        }
    }
}
