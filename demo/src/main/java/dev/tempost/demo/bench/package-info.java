/** Benchmarks: ratios measured side by side in one run. */
@NullMarked
package dev.tempost.demo.bench;

import org.jspecify.annotations.NullMarked;
