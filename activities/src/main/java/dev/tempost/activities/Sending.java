package dev.tempost.activities;

import dev.tempost.workflows.DeliveryRequest;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.SendRequest;
import dev.tempost.workflows.SendResult;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;

/** A place and memory, the gate, the send, the record: in this order, each step once. The same for every row, however it travels. */
final class Sending {

    /** Then whoever started the row keeps it, not a thread of this process. */
    static final Duration LONGEST_WAIT_FOR_A_PLACE = Duration.ofSeconds(20);

    private final SendAttempt.Collaborators with;
    private final Memory memory;
    private final Gate gate;
    private final Duration placeTimeout;

    /** @param placeTimeout how long a row waits for a place and for memory */
    Sending(SendAttempt.Collaborators with, Memory memory, Duration placeTimeout) {
        this.with = with;
        this.memory = memory;
        this.gate = new Gate(with);
        this.placeTimeout = placeTimeout;
    }

    /**
     * Sends a row once.
     *
     * @param run the workflow that does
     * @throws ApplicationFailure where the row was not accepted, typed by {@link FailureType}
     */
    SendResult send(SendRequest request, Route route, Gate.Run run) {
        DeliveryRequest delivery = request.delivery();
        try (Room room = room(route, delivery)) {
            with.listener().onBegun(delivery.id());
            return gate.pass(request, route, run, room);
        }
    }

    private Room room(Route route, DeliveryRequest delivery) {
        Places.Place place = route.places().take(delivery.priority(), placeTimeout);
        if (place == null) {
            throw noRoom(
                    delivery,
                    FailureType.CONNECTIONS_BUSY,
                    "all connections to provider " + route.provider() + " were busy");
        }
        // before the gate, which hands out the payload
        Memory.Share share = memory.take(placeTimeout);
        if (share == null) {
            place.close();
            throw noRoom(delivery, FailureType.MEMORY_BUSY, "other messages had all memory that there is for them");
        }
        return new Room(route.places(), delivery.priority(), place, share);
    }

    private ApplicationFailure noRoom(DeliveryRequest delivery, String type, String why) {
        with.tell(delivery, "waiting", null);
        return Failures.retryable(
                type, "nothing was sent: " + why, Failures.soon(Duration.ofSeconds(1), Duration.ofSeconds(2)));
    }
}
