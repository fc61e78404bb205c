/** What a Java producer needs: it writes outbox rows in the caller's own transaction. */
@NullMarked
package dev.tempost.client;

import org.jspecify.annotations.NullMarked;
