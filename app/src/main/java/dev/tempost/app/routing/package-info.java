/** What the configuration says of event types and providers: which way they go, how often they are tried, how fast. */
@NullMarked
package dev.tempost.app.routing;

import org.jspecify.annotations.NullMarked;
