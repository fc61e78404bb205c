package dev.tempost.app.failure;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Tells Spring that a failed start needs no stack trace; what is said instead is an {@link Explanation}. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class SettingFailureAnalyzer implements FailureAnalyzer {

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        Explanation explanation = Explanation.of(failure);
        return explanation == null ? null : new FailureAnalysis(explanation.text(), null, failure);
    }
}
