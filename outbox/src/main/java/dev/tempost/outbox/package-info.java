/** The outbox table and every SQL statement that touches it. */
@NullMarked
package dev.tempost.outbox;

import org.jspecify.annotations.NullMarked;
