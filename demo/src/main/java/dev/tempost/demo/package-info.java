/** Everything embedded: the parts that only the demo and the benchmarks start. */
@NullMarked
package dev.tempost.demo;

import org.jspecify.annotations.NullMarked;
