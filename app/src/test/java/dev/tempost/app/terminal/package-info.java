/** How results look on a terminal. */
@NullMarked
package dev.tempost.app.terminal;

import org.jspecify.annotations.NullMarked;
