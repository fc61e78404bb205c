/** Who may use the ops API and the console, what they did, and what they were answered. */
@NullMarked
package dev.tempost.outbox.access;

import org.jspecify.annotations.NullMarked;
