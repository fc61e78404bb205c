/** The delivery workflow, its activities' interfaces and the types that cross them. */
@NullMarked
package dev.tempost.workflows;

import org.jspecify.annotations.NullMarked;
