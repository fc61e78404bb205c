/** Examines an installation, changes nothing, and says what to do. */
@NullMarked
package dev.tempost.app.doctor;

import org.jspecify.annotations.NullMarked;
