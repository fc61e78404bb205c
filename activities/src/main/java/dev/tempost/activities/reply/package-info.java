/** What may be shown of what a provider says: it reaches Temporal, the log and the row. */
@NullMarked
package dev.tempost.activities.reply;

import org.jspecify.annotations.NullMarked;
