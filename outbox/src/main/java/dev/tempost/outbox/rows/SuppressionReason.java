package dev.tempost.outbox.rows;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Why an address gets no mail. */
public enum SuppressionReason {
    /** Whoever reads it wants no more of it. */
    UNSUBSCRIBED,
    /** There is no such mailbox. */
    HARD_BOUNCE,
    /** Whoever reads it called it spam. */
    COMPLAINT,
    /** An operator said so. */
    MANUAL;

    /** All of them. */
    public static final Set<SuppressionReason> ALL =
            Collections.unmodifiableSet(EnumSet.allOf(SuppressionReason.class));

    /** Those that hold for every mail, be it one that somebody has just asked for. */
    public static final Set<SuppressionReason> WITHOUT_UNSUBSCRIBED =
            Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(UNSUBSCRIBED)));

    /** The name in the table, in files and on the command line. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * From that name.
     *
     * @throws IllegalArgumentException when there is none of that name; says which there are
     */
    public static SuppressionReason of(String word) {
        return Arrays.stream(values())
                .filter(reason -> reason.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the reason is none of "
                        + Arrays.stream(values()).map(SuppressionReason::word).collect(Collectors.joining(", "))));
    }

    /** What the gate is asked with; null, which suppresses nobody, for none. */
    public static String @Nullable [] words(Set<SuppressionReason> reasons) {
        return reasons.isEmpty()
                ? null
                : reasons.stream().map(SuppressionReason::word).toArray(String[]::new);
    }
}
