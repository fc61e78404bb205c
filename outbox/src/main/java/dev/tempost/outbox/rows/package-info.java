/** The rows: what they are, what becomes of those on their way, and what operators ask and switch. */
@NullMarked
package dev.tempost.outbox.rows;

import org.jspecify.annotations.NullMarked;
