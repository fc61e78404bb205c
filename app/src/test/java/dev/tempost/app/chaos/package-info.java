/** Kills and faults, everywhere at once, around real Tempost processes; and a verdict on what came of it. */
@NullMarked
package dev.tempost.app.chaos;

import org.jspecify.annotations.NullMarked;
