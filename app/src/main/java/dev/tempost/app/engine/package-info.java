/** Composes the roles from configuration, and watches the parts they depend on. */
@NullMarked
package dev.tempost.app.engine;

import org.jspecify.annotations.NullMarked;
