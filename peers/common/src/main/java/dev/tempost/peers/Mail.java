package dev.tempost.peers;

import java.io.Serializable;

/**
 * A mail to be sent.
 *
 * @param id its recipient's local part, by which the sink knows it
 * @param urgent whether it goes before others, where the library can do that
 */
public record Mail(String id, boolean urgent) implements Serializable {}
