/** The activities: they send through a channel and keep the ledger. */
@NullMarked
package dev.tempost.activities;

import org.jspecify.annotations.NullMarked;
