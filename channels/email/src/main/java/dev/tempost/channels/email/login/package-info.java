/** Who we are to a mail server, and the proof of it: a password or an access token, read anew at each login. */
@NullMarked
package dev.tempost.channels.email.login;

import org.jspecify.annotations.NullMarked;
