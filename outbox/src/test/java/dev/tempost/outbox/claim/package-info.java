@NullMarked
package dev.tempost.outbox.claim;

import org.jspecify.annotations.NullMarked;
