/** The thin poller: wake, claim, start. */
@NullMarked
package dev.tempost.starter;

import org.jspecify.annotations.NullMarked;
