/** PostgreSQL as the outbox meets it: connections, the schema, who is primary, who holds transactions open. */
@NullMarked
package dev.tempost.outbox.database;

import org.jspecify.annotations.NullMarked;
