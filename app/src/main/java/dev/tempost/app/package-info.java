/** The application that composes the roles. */
@NullMarked
package dev.tempost.app;

import org.jspecify.annotations.NullMarked;
