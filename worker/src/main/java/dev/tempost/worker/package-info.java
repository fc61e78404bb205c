/** The Temporal worker: registration, tuning and graceful drain. */
@NullMarked
package dev.tempost.worker;

import org.jspecify.annotations.NullMarked;
