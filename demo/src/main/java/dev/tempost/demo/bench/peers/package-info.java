/** Tempost beside other libraries: the same job for each, in turns. */
@NullMarked
package dev.tempost.demo.bench.peers;

import org.jspecify.annotations.NullMarked;
