/** Who may use the ops API and the console. */
@NullMarked
package dev.tempost.app.access;

import org.jspecify.annotations.NullMarked;
