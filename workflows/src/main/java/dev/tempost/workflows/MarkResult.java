package dev.tempost.workflows;

/**
 * What came of marking.
 *
 * @param outcome the row's status now; {@link DeliveryOutcome#SEND_AGAIN} or {@link DeliveryOutcome#MISSING} where there is
 *     none to tell
 */
public record MarkResult(DeliveryOutcome outcome) {}
