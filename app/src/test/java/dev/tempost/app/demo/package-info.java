@NullMarked
package dev.tempost.app.demo;

import org.jspecify.annotations.NullMarked;
