/** What a person needs to know about a failure, and what a script does. */
@NullMarked
package dev.tempost.app.failure;

import org.jspecify.annotations.NullMarked;
