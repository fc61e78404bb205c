package dev.tempost.demo.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** What figures were measured on. */
final class Machine {

    private static final List<String> POSTGRESQL_SETTINGS =
            List.of("server_version", "fsync", "synchronous_commit", "shared_buffers");

    private Machine() {}

    static Map<String, String> about(DataSource database) throws SQLException, IOException {
        Map<String, String> about = new LinkedHashMap<>();
        about.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        about.put("processors", Runtime.getRuntime().availableProcessors() + " of " + processor());
        about.put("java", Runtime.version().toString());
        for (String setting : POSTGRESQL_SETTINGS) {
            about.put("postgresql " + setting, show(database, setting));
        }
        return about;
    }

    /** The process id of the server's first process. */
    static long postgreSql(DataSource database) throws SQLException, IOException {
        return Long.parseLong(Files.readAllLines(Path.of(show(database, "data_directory"), "postmaster.pid"))
                .getFirst());
    }

    /** The process that this one started whose command is called so. */
    static long child(String command) {
        return ProcessHandle.current()
                .children()
                .filter(child -> child.info().command().orElse("").contains(command))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no process " + command))
                .pid();
    }

    private static String processor() throws IOException {
        Path file = Path.of("/proc/cpuinfo");
        return Files.exists(file)
                ? Files.readAllLines(file).stream()
                        .filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 2))
                        .findFirst()
                        .orElse("an unknown kind")
                : "an unknown kind";
    }

    private static String show(DataSource database, String setting) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SHOW " + setting)) {
            result.next();
            return result.getString(1);
        }
    }
}
