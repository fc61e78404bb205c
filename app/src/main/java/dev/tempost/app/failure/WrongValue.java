package dev.tempost.app.failure;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.context.properties.bind.validation.ValidationErrors;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.TextResourceOrigin;
import org.springframework.core.ResolvableType;
import org.springframework.validation.FieldError;

/** A setting whose value is of no use: which one, from where, and what one looks like that is. */
final class WrongValue {

    private WrongValue() {}

    /** A value that cannot be read as what it stands for. */
    static String explain(BindException failure) {
        ConfigurationProperty property = failure.getProperty();
        String name = property == null
                ? failure.getName().toString()
                : property.getName().toString();
        String value = property == null ? "" : " is '" + property.getValue() + "'" + from(property.getOrigin());
        return name + value + ": give " + example(failure.getTarget().getType()) + ".";
    }

    /** Values that can be read, and break a rule. */
    static String explain(BindValidationException failure) {
        ValidationErrors errors = failure.getValidationErrors();
        return errors.getAllErrors().stream()
                .map(error -> error instanceof FieldError field
                        ? errors.getName() + "." + kebab(field.getField())
                                + (field.getRejectedValue() == null
                                        ? " is not set"
                                        : " is '" + field.getRejectedValue() + "'")
                                + from(origin(errors, field.getField())) + ": it " + field.getDefaultMessage() + "."
                        : errors.getName() + ": " + error.getDefaultMessage() + ".")
                .sorted()
                .collect(Collectors.joining(" "));
    }

    private static @Nullable Origin origin(ValidationErrors errors, String field) {
        String name = errors.getName() + "." + kebab(field);
        return errors.getBoundProperties().stream()
                .filter(property -> property.getName().toString().equals(name))
                .map(ConfigurationProperty::getOrigin)
                .findFirst()
                .orElse(null);
    }

    private static String kebab(String field) {
        return field.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /** Where a value was set, as somebody calls it who has to change it. */
    static String from(@Nullable Origin origin) {
        return switch (origin) {
            case null -> "";
            case TextResourceOrigin file -> " (" + file + ")";
            default -> {
                String source = origin.toString();
                int quote = source.indexOf('"');
                yield source.startsWith("System Environment Property")
                        ? " (environment variable " + source.substring(quote + 1, source.length() - 1) + ")"
                        : source.contains("systemProperties") ? " (command line)" : " (" + source + ")";
            }
        };
    }

    private static String example(ResolvableType type) {
        Class<?> wanted = type.resolve(Object.class);
        Object[] constants = wanted.getEnumConstants();
        if (constants != null) {
            return Arrays.stream(constants)
                    .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", ", "one of ", ""));
        }
        if (wanted == Duration.class) {
            return "a duration, for instance 500ms, 30s, 15m or 1h";
        }
        if (wanted == boolean.class || wanted == Boolean.class) {
            return "true or false";
        }
        if (wanted == int.class || wanted == Integer.class) {
            return "a whole number, for instance 16";
        }
        if (wanted == double.class || wanted == Double.class) {
            return "a number, for instance 2.5";
        }
        return "a value that can be read as " + wanted.getSimpleName().toLowerCase(Locale.ROOT);
    }
}
