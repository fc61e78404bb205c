/** Webhooks: rows as signed HTTP requests. */
@NullMarked
package dev.tempost.channels.webhook;

import org.jspecify.annotations.NullMarked;
