/** The commands of {@code tempost}. */
@NullMarked
package dev.tempost.app.command;

import org.jspecify.annotations.NullMarked;
