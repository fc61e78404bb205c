/** The console: the same as pages. */
@NullMarked
package dev.tempost.app.console;

import org.jspecify.annotations.NullMarked;
