@NullMarked
package dev.tempost.outbox.rows;

import org.jspecify.annotations.NullMarked;
