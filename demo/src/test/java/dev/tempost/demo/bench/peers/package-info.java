@NullMarked
package dev.tempost.demo.bench.peers;

import org.jspecify.annotations.NullMarked;
