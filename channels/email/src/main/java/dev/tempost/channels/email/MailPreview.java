package dev.tempost.channels.email;

import dev.tempost.activities.channel.UnsendableRow;

/** What a row would look like as a mail. Sends nothing. */
public final class MailPreview {

    private final Templates templates;

    public MailPreview(Templates templates) {
        this.templates = templates;
    }

    /**
     * Renders a payload with the template that its event type has now.
     *
     * @throws IllegalArgumentException when that is not possible; says why, and what would help
     */
    public RenderedMail of(String eventType, String payload) {
        try {
            return templates.render(
                    eventType, JsonObjects.read("payload", payload), new RenderingLimit(RenderingLimit.MAX_CHARACTERS));
        } catch (UnsendableRow e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
