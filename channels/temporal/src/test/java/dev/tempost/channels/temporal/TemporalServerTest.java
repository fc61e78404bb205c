package dev.tempost.channels.temporal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Metadata;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TemporalServerTest {

    @Test
    void theApiKeyGoesWithEveryCallByTlsAndIsNotShown() {
        TemporalServer server = new TemporalServer("temporal.example.org:7233", true, "sesame", null, null);

        WorkflowServiceStubs stubs = server.connect();

        try {
            assertThat(stubs.getOptions().getEnableHttps()).isTrue();
            assertThat(stubs.getOptions().getGrpcMetadataProviders())
                    .singleElement()
                    .satisfies(provider -> assertThat(provider.getMetadata()
                                    .get(Metadata.Key.of("Authorization", Metadata.ASCII_STRING_MARSHALLER)))
                            .isEqualTo("Bearer sesame"));
            assertThat(server.toString()).doesNotContain("sesame");
        } finally {
            stubs.shutdownNow();
        }
    }

    @Test
    void whatCannotProtectOrIdentifyIsRefused() {
        assertThatThrownBy(() -> new TemporalServer("temporal.example.org:7233", false, "sesame", null, null))
                .hasMessageStartingWith("tls is false, and the API key would go to temporal.example.org:7233");
        assertThat(new TemporalServer("127.0.0.1:7233", false, "sesame", null, null).tls())
                .isFalse();
        assertThatThrownBy(
                        () -> new TemporalServer("temporal.example.org:7233", true, null, Path.of("client.crt"), null))
                .hasMessageStartingWith("certificate-key is missing");
        assertThatThrownBy(() -> new TemporalServer(
                                "temporal.example.org:7233",
                                true,
                                null,
                                Path.of("no-such-client.crt"),
                                Path.of("no-such-client.key"))
                        .connect())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("certificate no-such-client.crt and certificate-key");
    }
}
