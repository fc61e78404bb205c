package dev.tempost.app.command;

import dev.tempost.app.failure.Explanation;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.io.support.SpringFactoriesLoader;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** Says what went wrong in a paragraph, and chooses the exit code. Only what nobody foresaw comes with a stack trace. */
public final class PlainErrors implements CommandLine.IExecutionExceptionHandler {

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        System.out.flush();
        PrintWriter err = command.getErr();
        Explanation explanation = Explanation.of(failure);
        if (explanation != null) {
            err.println(explanation.text());
            return code(explanation);
        }
        Optional<FailureAnalysis> analysis = bySpring(failure);
        if (analysis.isPresent()) {
            err.println(analysis.get().getDescription());
            if (analysis.get().getAction() != null) {
                err.println(analysis.get().getAction());
            }
            return ExitCode.SETTING;
        }
        failure.printStackTrace(err);
        err.flush();
        return ExitCode.REFUSED;
    }

    static int code(Explanation explanation) {
        return switch (explanation.cause()) {
            case SETTING, SCHEMA -> ExitCode.SETTING;
            case REQUEST -> ExitCode.REFUSED;
            case SERVER -> ExitCode.SERVER;
        };
    }

    /** Spring explains what is wrong with its own settings. */
    private static Optional<FailureAnalysis> bySpring(Exception failure) {
        List<FailureAnalyzer> analyzers = SpringFactoriesLoader.forDefaultResourceLocation()
                .load(FailureAnalyzer.class, (SpringFactoriesLoader.FailureHandler) (type, name, why) -> {});
        return analyzers.stream()
                .map(analyzer -> analyzer.analyze(failure))
                .filter(Objects::nonNull)
                .findFirst();
    }
}
