/** A real PostgreSQL for tests: this module's and those of the modules that build on it. */
@NullMarked
package dev.tempost.outbox.testing;

import org.jspecify.annotations.NullMarked;
