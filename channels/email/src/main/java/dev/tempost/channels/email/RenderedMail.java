package dev.tempost.channels.email;

import org.jspecify.annotations.Nullable;

/**
 * What a template made of a payload; at least one of the bodies is there.
 *
 * @param subject one line
 * @param text the plain body; null where the template has no {@code body.txt}
 * @param html the HTML body; null where the template has no {@code body.html}
 */
public record RenderedMail(
        String subject, @Nullable String text, @Nullable String html) {}
