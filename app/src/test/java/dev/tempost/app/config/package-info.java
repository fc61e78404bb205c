/** Tests of the configuration. */
@NullMarked
package dev.tempost.app.config;

import org.jspecify.annotations.NullMarked;
