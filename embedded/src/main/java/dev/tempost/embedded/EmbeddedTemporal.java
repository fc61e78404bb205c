package dev.tempost.embedded;

import io.temporal.testing.TemporalDevServer;
import io.temporal.testing.TemporalDevServerOptions;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The real Temporal server with its Web UI, as a child process on loopback. */
public final class EmbeddedTemporal implements AutoCloseable {

    private final TemporalDevServer server;
    private final int port;
    private final int uiPort;

    private EmbeddedTemporal(TemporalDevServer server, int port, int uiPort) {
        this.server = server;
        this.port = port;
        this.uiPort = uiPort;
    }

    /**
     * Starts it and waits until it answers.
     *
     * @param port its gRPC port
     * @param uiPort its Web UI's port; 0 for no UI
     * @param logFile where its output goes
     * @param database the file that keeps its data across restarts; null to keep it in memory
     * @param progress told, in a sentence, before anything slow
     */
    public static EmbeddedTemporal start(
            int port, int uiPort, Path logFile, @Nullable Path database, Consumer<String> progress) {
        TemporalDevServerOptions.Builder options = TemporalDevServerOptions.newBuilder()
                .setPort(port)
                .setLogFile(logFile.toString())
                .setLogLevel("error")
                // experimental, and off unless somebody asks for it
                .setExtraArgs("--dynamic-config-value", "frontend.WorkflowPauseEnabled=true");
        if (uiPort > 0) {
            options.setUiEnabled(true).setUiPort(uiPort);
        }
        if (database != null) {
            options.setDatabaseFilename(database.toString());
        }
        // otherwise the SDK fetches one itself, and takes what comes
        options.setExistingPath(TemporalCli.find(progress).toString());
        return new EmbeddedTemporal(TemporalDevServer.start(options.build()), port, uiPort);
    }

    /** {@code host:port} of its gRPC service. */
    public String target() {
        return "127.0.0.1:" + port;
    }

    /** Where its Web UI is. */
    public String ui() {
        return "http://127.0.0.1:" + uiPort;
    }

    @Override
    public void close() {
        server.close();
    }
}
