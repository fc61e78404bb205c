/** The ops API: what operators read and do over HTTP. */
@NullMarked
package dev.tempost.app.ops;

import org.jspecify.annotations.NullMarked;
