package dev.tempost.activities;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.activities.channel.Loopback;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopbackTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST",
                "localhost.",
                "db.localhost",
                "127.0.0.1",
                "127.9.9.9",
                "::1",
                "[::1]",
                "0:0:0:0:0:0:0:1",
                "::ffff:127.0.0.1"
            })
    void isThisMachine(String host) {
        assertThat(Loopback.is(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "db",
                "db.example",
                "localhost.example",
                "127.0.0.1.example",
                "notlocalhost",
                "10.0.0.1",
                "128.0.0.1",
                "0.0.0.0",
                "::",
                "[fe80::1]",
                "1.2.3.4.5",
                "999.0.0.1",
                ":",
                "[",
                "127.0.0.1,db"
            })
    void isAnotherMachine(String host) {
        assertThat(Loopback.is(host)).isFalse();
    }
}
