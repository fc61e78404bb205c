package dev.tempost.activities;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.testing.TestDatabase;
import dev.tempost.workflows.DeliveryActivities;
import dev.tempost.workflows.DeliveryOutcome;
import dev.tempost.workflows.DeliveryPolicy;
import dev.tempost.workflows.DeliveryRequest;
import dev.tempost.workflows.SendRequest;
import dev.tempost.workflows.SendResult;
import io.temporal.failure.ActivityFailure;
import io.temporal.testing.TestActivityEnvironment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeliveryActivitiesTest {

    private static final DeliveryPolicy POLICY =
            new DeliveryPolicy(Duration.ofSeconds(1), 2, Duration.ofHours(1), 3, Duration.ofSeconds(30), false, null);

    private final TestDatabase database = TestDatabase.create();
    private final TestActivityEnvironment temporal = TestActivityEnvironment.newInstance();
    private final List<String> statements = new ArrayList<>();
    private final List<SendEvent> events = new ArrayList<>();

    @AfterEach
    void stop() {
        temporal.close();
        database.close();
    }

    @Test
    void aFirstTryDeliveryTakesThreeRoundTripsToTheDatabase() {
        SendResult result = send(transmission -> {
            assertThat(transmission.begin()).isTrue();
            return new Outcome.Accepted("250 ok", null);
        });

        assertThat(result.outcome()).isEqualTo(DeliveryOutcome.DELIVERED);
        assertThat(statements).hasSize(3);
        assertThat(database.text("SELECT status FROM tempost.outbox")).isEqualTo("delivered");
        assertThat(events).extracting(SendEvent::outcome).containsExactly("delivered");
    }

    @Test
    void aFaultOfTheChannelBeforeTheDotIsRetriedAndCounts() {
        assertThatThrownBy(() -> send(transmission -> {
                    throw new IllegalStateException("a bug");
                }))
                .isInstanceOf(ActivityFailure.class)
                .hasStackTraceContaining("InternalError");
        assertThat(database.text("SELECT phase FROM tempost.attempt")).isEqualTo("transient");
    }

    @Test
    void aFaultOfTheChannelAfterTheDotIsAmbiguous() {
        assertThatThrownBy(() -> send(transmission -> {
                    transmission.begin();
                    throw new IllegalStateException("a bug");
                }))
                .hasStackTraceContaining("AmbiguousOutcome");
        assertThat(database.text("SELECT phase FROM tempost.attempt")).isEqualTo("ambiguous");
        assertThat(events).extracting(SendEvent::outcome).containsExactly("ambiguous");
    }

    private interface Script {
        Outcome play(Transmission transmission);
    }

    private SendResult send(Script script) {
        UUID key = UUID.randomUUID();
        database.execute(
                "INSERT INTO tempost.outbox (key, event_type, status) VALUES (?, 'welcome', 'dispatched')", key);
        Channel channel = new Channel() {
            @Override
            public String name() {
                return "scripted";
            }

            @Override
            public String messageId(UUID row, String provider) {
                return "<" + row + "@example.com>";
            }

            @Override
            public Outcome send(OutgoingMessage delivery, Transmission transmission) {
                return script.play(transmission);
            }

            @Override
            public Health probe(String provider) {
                return new Health.Ready();
            }
        };
        temporal.registerActivitiesImplementations(new DeliveryActivitiesImpl(
                new Ledger(counting(database.dataSource())),
                new Breaker(
                        new ProviderHealth(database.dataSource()),
                        new BreakerSettings(5, Duration.ofMinutes(1), Duration.ofMinutes(1))),
                eventType -> new Route(channel, "default", new Places(1), null),
                Memory.ofHeap(),
                events::add));
        long id = database.number("SELECT id FROM tempost.outbox");
        return temporal.newActivityStub(DeliveryActivities.class)
                .send(SendRequest.once(
                        new DeliveryRequest(id, key.toString(), "default", "welcome", 3, POLICY), false));
    }

    /** Each prepared statement is one round trip: connections are in auto-commit, and nothing is batched. */
    private DataSource counting(DataSource dataSource) {
        return (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    Connection connection = dataSource.getConnection();
                    return Proxy.newProxyInstance(
                            getClass().getClassLoader(),
                            new Class<?>[] {Connection.class},
                            (inner, call, parameters) -> {
                                if (call.getName().equals("prepareStatement")) {
                                    statements.add((String) parameters[0]);
                                }
                                try {
                                    return call.invoke(connection, parameters);
                                } catch (InvocationTargetException e) {
                                    throw e.getCause();
                                }
                            });
                });
    }
}
