package dev.tempost.workflows;

/** How the sending part of a delivery ended, before the row is marked. */
sealed interface SendConclusion {

    /** What the row is to become. */
    DeliveryOutcome outcome();

    /** Ended by the send itself; the row knows, unless the result carries an unrecorded receipt. */
    record Ended(SendResult result) implements SendConclusion {
        @Override
        public DeliveryOutcome outcome() {
            return result.outcome();
        }
    }

    /** Given up. */
    record Failed(String type, String message) implements SendConclusion {
        @Override
        public DeliveryOutcome outcome() {
            return DeliveryOutcome.FAILED;
        }
    }

    /** Stopped from outside. */
    record Cancelled() implements SendConclusion {
        @Override
        public DeliveryOutcome outcome() {
            return DeliveryOutcome.CANCELLED;
        }
    }
}
