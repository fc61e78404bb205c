/** The ledger: the gate, what came of each attempt, and how providers are. */
@NullMarked
package dev.tempost.outbox.ledger;

import org.jspecify.annotations.NullMarked;
