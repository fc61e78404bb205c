/** Tests of the composed service, part by part. */
@NullMarked
package dev.tempost.app.engine;

import org.jspecify.annotations.NullMarked;
