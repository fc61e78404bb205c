/**
 * Says from the outside whether the promises were kept: reads tables, the mail server's mails and Temporal's list of workflows
 * by itself, and uses no class of the engine.
 */
@NullMarked
package dev.tempost.app.chaos.check;

import org.jspecify.annotations.NullMarked;
