/** Tests of the commands, as processes of their own. */
@NullMarked
package dev.tempost.app.command;

import org.jspecify.annotations.NullMarked;
