/** The channel that starts and signals workflows of the user's own, asked again with the same request id until it is known. */
@NullMarked
package dev.tempost.channels.temporal;

import org.jspecify.annotations.NullMarked;
