/** What tools hold us to: formatting, boundaries, and documents that are generated. */
@NullMarked
package dev.tempost.app.conventions;

import org.jspecify.annotations.NullMarked;
