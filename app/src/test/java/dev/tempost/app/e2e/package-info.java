/** Whole deliveries on a real PostgreSQL, a real Temporal server and real SMTP conversations. */
@NullMarked
package dev.tempost.app.e2e;

import org.jspecify.annotations.NullMarked;
