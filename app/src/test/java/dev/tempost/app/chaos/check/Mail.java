package dev.tempost.app.chaos.check;

/**
 * A message the mail server took, whether or not its client learnt so.
 *
 * @param token whom the envelope names
 * @param subjectToken whom the subject names
 */
public record Mail(String token, String subjectToken, String messageId) {}
