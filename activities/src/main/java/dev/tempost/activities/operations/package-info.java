/** The operational activities: reconciling rows with workflows, and removing what is old. */
@NullMarked
package dev.tempost.activities.operations;

import org.jspecify.annotations.NullMarked;
