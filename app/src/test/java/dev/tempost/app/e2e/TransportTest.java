package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.activities.channel.testing.TestCertificate;
import dev.tempost.app.RpcForwarder;
import dev.tempost.app.TempostProcess;
import dev.tempost.app.TestAuthority;
import dev.tempost.app.TestAuthority.Issued;
import dev.tempost.embedded.Ports;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.testing.TestDatabase;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Real conversations with servers on another machine, which is this one by another name: nobody asks the resolver what a name
 * stands for, and the processes here have their own idea of it.
 */
class TransportTest {

    private static final String DATABASE = "db.tempost.test";
    private static final String TEMPORAL = "temporal.tempost.test";
    private static final String MAIL = "mail.tempost.test";
    private static final String ELSEWHERE = "elsewhere.tempost.test";
    private static final String KEY = "sesame";
    private static final AtomicInteger DATABASES = new AtomicInteger();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private static Path folder;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static TestAuthority authority;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static Issued server;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static Issued client;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void serversOnAnotherMachine() throws IOException, SQLException {
        Files.writeString(
                folder.resolve("hosts"),
                "127.0.0.1 localhost " + String.join(" ", DATABASE, TEMPORAL, MAIL, ELSEWHERE) + "\n");
        authority = new TestAuthority(folder);
        server = authority.issue("server", "dns:" + DATABASE + ",dns:" + TEMPORAL + ",dns:" + MAIL);
        client = authority.issue("client", "dns:tempost");
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("fsync", "off")
                .setServerConfig("ssl", "on")
                .setServerConfig("ssl_cert_file", server.certificate().toString())
                .setServerConfig("ssl_key_file", server.key().toString())
                .setServerConfig(
                        "hba_file",
                        Files.writeString(folder.resolve("pg_hba.conf"), """
                            hostnossl all encrypted all reject
                            host all all 127.0.0.1/32 trust
                            """).toString())
                .start();
        run("CREATE ROLE encrypted LOGIN SUPERUSER");
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    @Test
    void whatIsSaidToAnotherMachineIsProtectedAndNobodyHasToAskForIt() throws Exception {
        int port = Ports.any();
        try (RpcForwarder temporal = temporal(tls -> tls);
                Installation installation = installation("encrypted", "")) {
            installation.smtp.offeringStartTls(new TestCertificate(server.context(), server.context()));
            installation
                    .with("spring.temporal.connection.target", TEMPORAL + ":" + temporal.port())
                    .with("spring.temporal.connection.enable-https", true)
                    .with("spring.mail.host", MAIL)
                    .with("server.port", port)
                    .with("JDK_JAVA_OPTIONS", options(true));

            startServing(installation);
            installation.awaitStatus(installation.welcome("ada@example.com"), RowStatus.DELIVERED);

            assertThat(metrics(port))
                    .contains("tempost_part_protected{part=\"postgresql\"} 1.0")
                    .contains("tempost_part_protected{part=\"temporal\"} 1.0")
                    .contains("tempost_part_protected{part=\"smtp\"} 1.0");
            assertThat(installation.serveLog()).content().doesNotContain("To protect it");
            assertThat(said(installation, "doctor").text())
                    .contains("ok       protection         postgresql: " + DATABASE + " speaks TLSv1.3, verified; its")
                    .contains("ok       protection         temporal: " + TEMPORAL + " speaks TLSv1.3, verified; its")
                    .contains("ok       protection         smtp default: " + MAIL + " speaks TLSv1.3, verified; its");
        }
    }

    @Test
    void plainTextToAnotherMachineIsWarnedOf() throws Exception {
        int port = Ports.any();
        try (Installation installation = installation("postgres", "?sslmode=disable")) {
            installation
                    .with(
                            "spring.temporal.connection.target",
                            installation.temporalTarget.replace("127.0.0.1", TEMPORAL))
                    .with("spring.mail.host", MAIL)
                    .with("tempost.providers.default.encryption", "none")
                    .with("server.port", port)
                    .with("JDK_JAVA_OPTIONS", options(false));

            startServing(installation);
            installation.awaitStatus(installation.welcome("ada@example.com"), RowStatus.DELIVERED);

            assertThat(metrics(port))
                    .contains("tempost_part_protected{part=\"postgresql\"} 0.0")
                    .contains("tempost_part_protected{part=\"temporal\"} 0.0")
                    .contains("tempost_part_protected{part=\"smtp\"} 0.0");
            String plain = " may go in plain text: whoever stands between can read it";
            assertThat(installation.serveLog())
                    .content()
                    .containsOnlyOnce("postgresql: what is said to " + DATABASE + plain + ". To protect it, let")
                    .containsOnlyOnce("temporal: what is said to " + TEMPORAL + plain + ". To protect it, set")
                    .containsOnlyOnce("smtp default: what is said to " + MAIL + plain + ". To protect it, set");
            assertThat(said(installation, "doctor").text())
                    .contains("warn     protection         postgresql: what is said to " + DATABASE + plain)
                    .contains("warn     protection         temporal: what is said to " + TEMPORAL + plain)
                    .contains("warn     protection         smtp default: what is said to " + MAIL + plain)
                    .contains("to protect it, set SPRING_TEMPORAL_CONNECTION_ENABLEHTTPS=true");
        }
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(delimiter = '|', textBlock = """
                status | db.tempost.test        | ''                     | false | 2 | PostgreSQL's certificate is not trusted:
                serve  | db.tempost.test        | ''                     | false | 2 | PostgreSQL's certificate is not trusted:
                status | elsewhere.tempost.test | ''                     | true  | 2 | PostgreSQL's certificate does not name the host
                status | db.tempost.test        | ?sslrootcert=/none.crt | true  | 2 | spring.datasource.url leads to a file that cannot be read:
                status | db.tempost.test        | ?sslmode=verify        | true  | 2 | spring.datasource.url: sslmode is 'verify': give one of [disable,
                status | db.tempost.test        | ?sslrootcert=CA        | false | 0 | delivered
                status | elsewhere.tempost.test | ?sslmode=require       | false | 0 | delivered
                """)
    void theCertificateOfPostgresqlCounts(
            String command, String host, String parameters, boolean trusted, int exit, String says) throws Exception {
        try (Installation installation = installation(
                "encrypted", parameters.replace("CA", authority.certificate().toString()))) {
            installation.migrated();
            installation.execute("INSERT INTO tempost.outbox (event_type) VALUES ('welcome')");
            installation.execute("UPDATE tempost.outbox SET status = 'delivered'");
            installation
                    .settings()
                    .computeIfPresent("spring.datasource.url", (name, url) -> url.replace(DATABASE, host));
            installation.with("JDK_JAVA_OPTIONS", options(trusted));

            assertSays(exit, says, installation, command);
        }
    }

    @Test
    void aPostgresqlWithoutTlsIsSpokenToOnlyIfThatWillDo() throws Exception {
        try (TestDatabase plain = TestDatabase.create();
                Installation installation = installation("postgres", "")) {
            String url = plain.jdbcUrl().replace("127.0.0.1", DATABASE).replaceFirst("[?].*", "");
            installation.with("spring.datasource.url", url).with("JDK_JAVA_OPTIONS", options(true));

            for (String command : new String[] {"status", "serve"}) {
                assertSays(2, "PostgreSQL offers no TLS, and sslmode asks for it", installation, command);
            }
            assertThat(said(installation, "doctor").text())
                    .contains("problem  postgresql         PostgreSQL offers no TLS, and sslmode asks for it");

            installation.with("spring.datasource.url", url + "?sslmode=disable");
            assertSays(0, "no rows", installation, "status");
        }
    }

    @Test
    void temporalKnowsWhoWeAreByOurCertificate() throws Exception {
        try (RpcForwarder temporal = temporal(tls ->
                        tls.trustManager(authority.certificate().toFile()).clientAuth(ClientAuth.REQUIRE));
                Installation installation = new Installation().migrated()) {
            installation
                    .with("spring.temporal.connection.target", TEMPORAL + ":" + temporal.port())
                    .with("JDK_JAVA_OPTIONS", options(true));

            assertDrains(installation
                    .with("spring.temporal.connection.mtls.key-file", client.key())
                    .with("spring.temporal.connection.mtls.cert-chain-file", client.certificate()));
            assertThat(said(installation, "doctor").text())
                    .contains("ok       protection         temporal: the certificate that we show is good until");

            Issued expired = authority.issue("expired", "-startdate", "-10d", "-validity", "5");
            installation
                    .with("spring.temporal.connection.mtls.key-file", expired.key())
                    .with("spring.temporal.connection.mtls.cert-chain-file", expired.certificate());
            assertSays(2, "Temporal refuses our certificate: ", installation, "serve");
            assertThat(said(installation, "doctor").text())
                    .contains("Temporal refuses our certificate: ")
                    .contains("warn     protection         temporal: the certificate that we show is good until");

            installation.settings().remove("spring.temporal.connection.mtls.cert-chain-file");
            assertDrains(installation
                    .with("spring.temporal.connection.mtls.key-file", client.store())
                    .with("spring.temporal.connection.mtls.key-password", "changeit"));
            assertSays(
                    2,
                    "spring.temporal.connection.mtls: ",
                    installation.with("spring.temporal.connection.mtls.key-file", folder.resolve("none.p12")),
                    "serve");

            installation.settings().keySet().removeIf(name -> name.contains("mtls"));
            installation.with("spring.temporal.connection.enable-https", true);
            assertSays(2, "Temporal refuses our certificate: ", installation, "serve");
        }
    }

    @Test
    void temporalKnowsWhoWeAreByOurApiKey() throws Exception {
        Queue<String> strangers = new ConcurrentLinkedQueue<>();
        try (RpcForwarder temporal = temporal(tls -> tls, new KeyWanted(strangers));
                Installation installation = new Installation().migrated()) {
            installation
                    .with("spring.temporal.connection.target", TEMPORAL + ":" + temporal.port())
                    .with("spring.temporal.connection.api-key", KEY)
                    .with("JDK_JAVA_OPTIONS", options(true));

            assertDrains(installation);
            assertThat(said(installation, "doctor").text())
                    .contains("ok       search attributes")
                    .contains("ok       protection         temporal: " + TEMPORAL + " speaks TLSv1.3, verified; its");
            assertThat(strangers).isEmpty();

            assertSays(
                    2,
                    "Temporal refuses the login: UNAUTHENTICATED",
                    installation.with("spring.temporal.connection.api-key", "wrong"),
                    "serve");
            assertSays(
                    2,
                    "spring.temporal.connection.enable-https is false, and the API key would go to " + TEMPORAL,
                    installation.with("spring.temporal.connection.enable-https", false),
                    "serve");
        }
    }

    @Test
    void theCertificateOfTemporalCounts() throws Exception {
        try (RpcForwarder temporal = temporal(tls -> tls);
                Installation installation = new Installation().migrated()) {
            installation
                    .with("spring.temporal.connection.target", TEMPORAL + ":" + temporal.port())
                    .with("spring.temporal.connection.enable-https", true);

            String untrusted = "Temporal's certificate is not trusted: ";
            assertSays(2, untrusted, installation.with("JDK_JAVA_OPTIONS", options(false)), "serve");
            assertThat(said(installation, "doctor").text()).contains(untrusted);
            installation
                    .with("spring.temporal.connection.target", ELSEWHERE + ":" + temporal.port())
                    .with("JDK_JAVA_OPTIONS", options(true));
            assertSays(2, untrusted, installation, "serve");

            installation
                    .with("spring.temporal.connection.target", TEMPORAL + ":" + temporal.port())
                    .with("spring.temporal.connection.enable-https", false);
            assertSays(3, "Does it want TLS? Set SPRING_TEMPORAL_CONNECTION_ENABLEHTTPS=true.", installation, "doctor");

            installation
                    .with("spring.temporal.connection.target", installation.temporalTarget)
                    .with("spring.temporal.connection.enable-https", true);
            assertSays(2, "Temporal speaks no TLS at spring.temporal.connection.target", installation, "serve");
        }
    }

    @Test
    void aCertificateThatEndsSoonIsWarnedOf() throws Exception {
        Issued shortLived = authority.issue("short-lived", "-ext", "SAN=dns:" + TEMPORAL, "-validity", "10");
        try (RpcForwarder temporal = temporal(shortLived, tls -> tls);
                Installation installation = new Installation().migrated()) {
            installation
                    .with("spring.temporal.connection.target", TEMPORAL + ":" + temporal.port())
                    .with("spring.temporal.connection.enable-https", true)
                    .with("JDK_JAVA_OPTIONS", options(true));

            assertThat(said(installation, "doctor").text())
                    .contains("warn     protection         temporal: " + TEMPORAL + " speaks TLSv1.3, verified; its")
                    .contains("-> renew it: connections fail once it has expired");
        }
    }

    @Test
    void noMailServerElsewhereLearnsAPasswordInPlainText() throws Exception {
        try (Installation installation = new Installation()) {
            installation.smtp.requiringLogin("bob", "secret");
            installation
                    .with("spring.mail.host", MAIL)
                    .with("spring.mail.username", "bob")
                    .with("spring.mail.password", "secret")
                    .with("tempost.providers.default.encryption", "none")
                    .with("JDK_JAVA_OPTIONS", options(true));

            assertSays(
                    2,
                    "tempost.providers.default: mail provider: encryption is none, and username and password would go to "
                            + MAIL + " in plain text",
                    installation,
                    "serve");

            installation.with("tempost.providers.default.encryption", "starttls");
            assertThat(said(installation, "doctor").text()).contains("problem  smtp default");
            assertThat(installation.smtp.commands()).isNotEmpty().noneMatch(command -> command.startsWith("AUTH"));
        }
    }

    /** Refuses whoever comes without the key, and takes note of calls that do not say which namespace they are for. */
    private record KeyWanted(Queue<String> strangers) implements ServerInterceptor {

        private static final Metadata.Key<String> AUTHORIZATION =
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
        private static final Metadata.Key<String> NAMESPACE =
                Metadata.Key.of("temporal-namespace", Metadata.ASCII_STRING_MARSHALLER);

        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            String method = call.getMethodDescriptor().getFullMethodName();
            if (!("Bearer " + KEY).equals(headers.get(AUTHORIZATION))) {
                strangers.add(method + " without a key");
                call.close(Status.UNAUTHENTICATED.withDescription("no key"), new Metadata());
                return new ServerCall.Listener<>() {};
            }
            // what the server can do is asked before there is a namespace
            if (headers.get(NAMESPACE) == null && !method.endsWith("GetSystemInfo")) {
                strangers.add(method + " without a namespace");
            }
            return next.startCall(call, headers);
        }
    }

    private static RpcForwarder temporal(UnaryOperator<SslContextBuilder> tls, ServerInterceptor... interceptors) {
        return temporal(server, tls, interceptors);
    }

    private static RpcForwarder temporal(
            Issued shown, UnaryOperator<SslContextBuilder> tls, ServerInterceptor... interceptors) {
        String target = Stack.shared().temporalTarget();
        return new RpcForwarder(Integer.parseInt(target.substring(target.indexOf(':') + 1)), forwarder -> {
            try {
                for (ServerInterceptor interceptor : interceptors) {
                    forwarder.intercept(interceptor);
                }
                return forwarder.sslContext(tls.apply(GrpcSslContexts.forServer(
                                shown.certificate().toFile(), shown.key().toFile()))
                        .build());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** With a database of its own in the server that speaks TLS. */
    private static Installation installation(String user, String parameters) throws SQLException {
        String name = "transport_" + DATABASES.incrementAndGet();
        run("CREATE DATABASE " + name);
        String path = ":" + postgres.getPort() + "/" + name;
        return new Installation(
                        "jdbc:postgresql://127.0.0.1" + path, Stack.shared().temporalTarget())
                .with("spring.datasource.url", "jdbc:postgresql://" + DATABASE + path + parameters)
                .with("spring.datasource.username", user);
    }

    private static void run(String sql) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** For a process that has names for this machine, and may trust our CA. */
    private static String options(boolean trusting) {
        return "-Djdk.net.hosts.file=" + folder.resolve("hosts")
                + (trusting
                        ? " -Djavax.net.ssl.trustStore=" + authority.trustStore()
                                + " -Djavax.net.ssl.trustStorePassword=changeit"
                        : "");
    }

    private static String metrics(int port) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/prometheus"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
        }
    }

    /** Returns once it does: a machine that has other things to do takes its time to start a process. */
    private static void startServing(Installation installation) {
        installation.migrated().serve();
        await("a process that serves")
                .atMost(Duration.ofMinutes(2))
                .untilAsserted(
                        () -> assertThat(installation.serveLog()).content().contains("takes deliveries"));
    }

    private static void assertDrains(Installation installation) throws IOException, InterruptedException {
        long row = installation.welcome("ada@example.com");
        assertSays(0, "Drained: ", installation, "drain", "--timeout", "60s");
        assertThat(installation.row(row).status()).isEqualTo(RowStatus.DELIVERED);
    }

    private static void assertSays(int exit, String says, Installation installation, String... arguments)
            throws IOException, InterruptedException {
        Said said = said(installation, arguments);
        assertThat(said.text()).contains(says).doesNotContain("\tat ", "Exception:");
        assertThat(said.exit()).as(said.text()).isEqualTo(exit);
    }

    private record Said(int exit, String text) {}

    private static Said said(Installation installation, String... arguments) throws IOException, InterruptedException {
        Map<String, String> settings = new TreeMap<>(installation.settings());
        // two processes of one installation may run at the same time
        settings.put("server.port", "0");
        Path output = Files.createTempFile(folder, "said", ".log");
        Process process = TempostProcess.of(settings, arguments)
                .redirectOutput(output.toFile())
                .start();
        // one that serves where it should have refused would do so for ever
        boolean over = process.waitFor(2, TimeUnit.MINUTES);
        process.destroyForcibly().waitFor();
        String text = Files.readString(output);
        assertThat(over)
                .as("an end of %s, which said: %s", List.of(arguments), text)
                .isTrue();
        return new Said(process.exitValue(), text);
    }
}
