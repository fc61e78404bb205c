/** The operational activities: reconciling rows with workflows, and removing what is old. */
@NullMarked
package dev.tempost.reconciliation;

import org.jspecify.annotations.NullMarked;
