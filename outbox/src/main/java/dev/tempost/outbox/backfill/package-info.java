/** Rows enqueued from a query, page by page. */
@NullMarked
package dev.tempost.outbox.backfill;

import org.jspecify.annotations.NullMarked;
