/** What a channel is: the contract that mail implements and every other way of sending will. */
@NullMarked
package dev.tempost.activities.channel;

import org.jspecify.annotations.NullMarked;
