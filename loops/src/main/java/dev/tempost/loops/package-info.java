/** What is done again and again on a thread of its own, how long it pauses while it fails, and how long whoever stops it waits. */
@NullMarked
package dev.tempost.loops;

import org.jspecify.annotations.NullMarked;
