/** The mail channel: templates, MIME, and SMTP conversations whose outcome is known or known to be unknown. */
@NullMarked
package dev.tempost.channels.email;

import org.jspecify.annotations.NullMarked;
