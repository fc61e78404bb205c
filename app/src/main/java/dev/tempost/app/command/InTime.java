package dev.tempost.app.command;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** A moment that an option names by how long it is until then. */
final class InTime {

    private InTime() {}

    /** @param text for instance 30m, 12h or 90d; null for none */
    static @Nullable OffsetDateTime after(CommandSpec command, String option, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return OffsetDateTime.now(ZoneOffset.UTC).plus(DurationStyle.detectAndParse(text));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    command.commandLine(), option + " is '" + text + "': write 30m, 12h or 90d, for instance.", e);
        }
    }
}
