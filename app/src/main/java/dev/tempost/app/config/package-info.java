/** Configuration as immutable records. */
@NullMarked
package dev.tempost.app.config;

import org.jspecify.annotations.NullMarked;
