/** PostgreSQL, Temporal and an SMTP sink started by Tempost itself, for the demo and the benchmarks. */
@NullMarked
package dev.tempost.embedded;

import org.jspecify.annotations.NullMarked;
