package dev.tempost.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemporalTargetTest {

    @ParameterizedTest
    @CsvSource({
        "temporal:7233, temporal, 7233",
        "temporal, temporal, 7233",
        "team.a1b2c.tmprl.cloud:443, team.a1b2c.tmprl.cloud, 443",
        "dns:///temporal:7234, temporal, 7234",
        "dns://8.8.8.8/temporal:7234, temporal, 7234",
        "dns:temporal:7234, temporal, 7234",
        "127.0.0.1:7233, 127.0.0.1, 7233",
        "[::1]:7233, [::1], 7233",
        "local, localhost, 7233",
        "unix:///run/temporal.sock, localhost, 7233",
    })
    void aTargetIsReadAsGrpcReadsIt(String target, String host, int port) {
        InetSocketAddress server = TemporalTarget.server(target);

        assertThat(server.getHostString()).isEqualTo(host);
        assertThat(server.getPort()).isEqualTo(port);
    }
}
