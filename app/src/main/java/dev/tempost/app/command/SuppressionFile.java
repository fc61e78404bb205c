package dev.tempost.app.command;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import de.siegmar.fastcsv.writer.CsvWriter;
import dev.tempost.channels.email.AddressSpellings;
import dev.tempost.outbox.rows.SuppressionReason;
import dev.tempost.outbox.rows.Suppressions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The suppression list as CSV, a page at a time however long it is. */
final class SuppressionFile {

    /**
     * What became of a file.
     *
     * @param lines how many lines it has, without the first
     * @param bad how many of them could not be read
     * @param changed how many entries are new or changed
     */
    record Imported(long lines, long bad, long changed) {}

    private static final int PAGE = 1000;
    private static final int LONGEST_NOTE = 500;
    private static final Set<String> NEEDED = Set.of("address", "reason");
    private static final Set<String> KNOWN = Set.of("address", "reason", "tenant", "note", "expires_at");
    // as the table's constraint has it
    private static final Pattern TENANT = Pattern.compile("[a-z0-9_-]{1,63}");

    private final Suppressions suppressions;
    private final Clock clock;

    SuppressionFile(Suppressions suppressions, Clock clock) {
        this.suppressions = suppressions;
        this.clock = clock;
    }

    /** Writes what has not ended. What it is written to stays open. */
    void write(OutputStream to) throws IOException {
        CsvWriter csv = CsvWriter.builder().build(to, StandardCharsets.UTF_8);
        csv.writeRecord("address", "reason", "tenant", "note", "expires_at");
        Instant now = clock.instant();
        List<Suppressions.Entry> page = suppressions.after(0, PAGE);
        while (!page.isEmpty()) {
            page.stream()
                    .filter(entry ->
                            entry.expiresAt() == null || entry.expiresAt().isAfter(now))
                    .forEach(entry -> csv.writeRecord(
                            entry.address(),
                            entry.reason().word(),
                            orEmpty(entry.tenant()),
                            orEmpty(entry.note()),
                            orEmpty(entry.expiresAt())));
            page = suppressions.after(page.getLast().id(), PAGE);
        }
        csv.flush();
    }

    private static String orEmpty(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }

    /**
     * Reads a file, and keeps every good line.
     *
     * @param bad told of each line that cannot be read, by its number, and why; never what it holds
     */
    Imported read(InputStream from, String actor, Consumer<String> bad) throws IOException {
        long lines = 0;
        long refused = 0;
        long changed = 0;
        List<Suppressions.Wanted> wanted = new ArrayList<>();
        try (CsvReader<NamedCsvRecord> csv = CsvReader.builder()
                .detectBomHeader(true)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .allowUnclosedQuote(false)
                .ofNamedCsvRecord(from, StandardCharsets.UTF_8)) {
            for (NamedCsvRecord line : csv) {
                if (lines++ == 0) {
                    checkColumns(line.getHeader());
                }
                try {
                    wanted.addAll(wanted(line));
                } catch (IllegalArgumentException e) {
                    refused++;
                    bad.accept("line " + line.getStartingLineNumber() + ": " + e.getMessage());
                }
                if (wanted.size() >= PAGE) {
                    changed += suppressions.putAll(wanted, actor);
                    wanted.clear();
                }
            }
        } catch (CsvParseException e) {
            // its message quotes the file
            refused++;
            bad.accept("after line " + (lines + 1)
                    + ": that is no CSV, a quote is not closed perhaps; nothing behind it was read");
        }
        return new Imported(lines, refused, changed + (wanted.isEmpty() ? 0 : suppressions.putAll(wanted, actor)));
    }

    private static void checkColumns(List<String> header) throws IOException {
        Set<String> unknown = new TreeSet<>(header);
        unknown.removeAll(KNOWN);
        if (!unknown.isEmpty() || !header.containsAll(NEEDED)) {
            throw new IOException("its first line has to name the columns: address, reason, and, if you like, tenant,"
                    + " note, expires_at");
        }
    }

    private List<Suppressions.Wanted> wanted(NamedCsvRecord line) {
        if (line.getFieldCount() > line.getHeader().size()) {
            throw new IllegalArgumentException("has more fields than the first line names");
        }
        SuppressionReason reason = SuppressionReason.of(String.valueOf(field(line, "reason")));
        String tenant = field(line, "tenant");
        if (tenant != null && !TENANT.matcher(tenant).matches()) {
            throw new IllegalArgumentException("the tenant is no name of a tenant");
        }
        String note = field(line, "note");
        if (note != null && (note.length() > LONGEST_NOTE || note.indexOf(0) >= 0)) {
            throw new IllegalArgumentException(
                    "the note is longer than " + LONGEST_NOTE + " characters, or has a NUL in it");
        }
        OffsetDateTime expiresAt = expiresAt(field(line, "expires_at"));
        return spellings(field(line, "address")).stream()
                .map(address -> new Suppressions.Wanted(address, reason, tenant, note, expiresAt))
                .toList();
    }

    private static List<String> spellings(@Nullable String address) {
        try {
            return AddressSpellings.of(String.valueOf(address));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the address " + e.getMessage(), e);
        }
    }

    private @Nullable OffsetDateTime expiresAt(@Nullable String text) {
        if (text == null) {
            return null;
        }
        OffsetDateTime time;
        try {
            time = OffsetDateTime.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("expires_at is no time such as 2026-12-31T00:00:00Z", e);
        }
        if (!time.toInstant().isAfter(clock.instant())) {
            throw new IllegalArgumentException("it has ended already");
        }
        return time;
    }

    private static @Nullable String field(NamedCsvRecord line, String column) {
        return line.findField(column)
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .orElse(null);
    }
}
