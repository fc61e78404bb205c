package dev.tempost.demo;

/** One mail as {@code /inbox.json} lists it; {@code receivedAt} is ISO 8601 in UTC. */
public record InboxEntry(int number, String from, String to, String subject, String messageId, String receivedAt) {}
