/** What is done again and again on a thread of its own, and how long it pauses while it fails. */
@NullMarked
package dev.tempost.loops;

import org.jspecify.annotations.NullMarked;
