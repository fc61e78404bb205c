/** What every channel is tested by. */
@NullMarked
package dev.tempost.activities.channel.testing;

import org.jspecify.annotations.NullMarked;
