/** The claim: which rows that are due go next, fairly shared between lanes. */
@NullMarked
package dev.tempost.outbox.claim;

import org.jspecify.annotations.NullMarked;
