package dev.tempost.workflows;

/** How the sending part of a delivery ended, before the row is marked. */
sealed interface Ending {

    /** What the row shall become. */
    String outcome();

    /** Settled by the send itself; the row knows, unless the result carries an unrecorded receipt. */
    record Settled(SendResult result) implements Ending {
        @Override
        public String outcome() {
            return result.outcome();
        }
    }

    /** Given up. */
    record Failed(String type, String message) implements Ending {
        @Override
        public String outcome() {
            return "failed";
        }
    }

    /** Stopped from outside. */
    record Cancelled() implements Ending {
        @Override
        public String outcome() {
            return "cancelled";
        }
    }
}
