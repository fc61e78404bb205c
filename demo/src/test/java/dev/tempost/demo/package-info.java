@NullMarked
package dev.tempost.demo;

import org.jspecify.annotations.NullMarked;
