/** Tests of what follows from the configuration. */
@NullMarked
package dev.tempost.app.routing;

import org.jspecify.annotations.NullMarked;
