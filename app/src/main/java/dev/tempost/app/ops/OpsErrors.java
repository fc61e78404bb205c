package dev.tempost.app.ops;

import dev.tempost.app.failure.Explanation;
import dev.tempost.outbox.database.OutboxUnavailableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** Says in {@code problem+json} what is wrong with a request, and what would be right. */
@RestControllerAdvice
class OpsErrors extends ResponseEntityExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(OpsErrors.class);

    @ExceptionHandler
    ProblemDetail outbox(OutboxUnavailableException failure) {
        if (failure.lockedByOthers()) {
            return ProblemDetail.forStatusAndDetail(
                    HttpStatus.CONFLICT,
                    "Somebody else's transaction holds a row that this needs, for longer than a second. Try again.");
        }
        Explanation explanation = Explanation.of(failure);
        if (explanation == null) {
            log.warn("A request to this replica: {}", failure.getMessage());
            return ProblemDetail.forStatusAndDetail(
                    HttpStatus.INTERNAL_SERVER_ERROR,
                    "PostgreSQL refused a statement. The log of this replica says which, and why.");
        }
        return ProblemDetail.forStatusAndDetail(
                switch (explanation.cause()) {
                    case REQUEST -> HttpStatus.CONFLICT;
                    case SETTING, SCHEMA, SERVER -> HttpStatus.SERVICE_UNAVAILABLE;
                },
                explanation.text().strip());
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException failure, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        // Jackson's own words quote the text, which may be personal
        String detail = switch (failure.getCause()) {
            case UnrecognizedPropertyException unknown ->
                "The body has a field '" + unknown.getPropertyName() + "', which means nothing here. These do: "
                        + unknown.getKnownPropertyIds() + ".";
            case JacksonException json ->
                "The body is not the JSON that is expected here, at line "
                        + json.getLocation().getLineNr() + ", column "
                        + json.getLocation().getColumnNr() + ".";
            case null, default -> "The body is missing, or is no JSON.";
        };
        return handleExceptionInternal(
                failure, ProblemDetail.forStatusAndDetail(status, detail), headers, status, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleTypeMismatch(
            TypeMismatchException failure, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String name = failure instanceof MethodArgumentTypeMismatchException argument
                ? argument.getName()
                : String.valueOf(failure.getPropertyName());
        String expected = failure.getRequiredType() == boolean.class ? "neither true nor false" : "no whole number";
        return handleExceptionInternal(
                failure,
                ProblemDetail.forStatusAndDetail(status, name + " is " + expected + "."),
                headers,
                status,
                request);
    }
}
