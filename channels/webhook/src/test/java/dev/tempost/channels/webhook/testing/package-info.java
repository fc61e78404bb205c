/** A receiver for tests. */
@NullMarked
package dev.tempost.channels.webhook.testing;

import org.jspecify.annotations.NullMarked;
