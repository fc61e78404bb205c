package dev.tempost.app.ops;

import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.routing.Deliveries;
import dev.tempost.channels.email.MailPreview;
import dev.tempost.channels.email.RenderedMail;
import dev.tempost.outbox.access.Audit;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowSearch;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.rows.Shards;
import dev.tempost.workflows.SendNowResult;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What operators do, once for the API and the console: each refusal says what the row is, and what would help.
 *
 * @param dataSource the outbox
 * @param search finds rows
 * @param backlog what is open
 * @param pauses the kill switches
 * @param providers which are down
 * @param shards how deep they are
 * @param audit what was done
 * @param bulk what is done to many rows at once
 * @param preview renders messages
 * @param json reads and writes payloads
 * @param properties the configuration
 * @param namespace in Temporal
 * @param waiting deliveries that wait for their next attempt
 */
public record Operations(
        DataSource dataSource,
        RowSearch search,
        Backlog backlog,
        Pauses pauses,
        ProviderHealth providers,
        Shards shards,
        Audit audit,
        BulkActions bulk,
        MailPreview preview,
        JsonMapper json,
        TempostProperties properties,
        String namespace,
        WaitingDeliveries waiting) {

    /**
     * What came of a wish to send a row now.
     *
     * @param row where it stands
     * @param attempt what came of the attempt; null where there was none yet: a pending row is claimed first, and a provider that is
     *     slow is not waited for
     */
    public record SentNow(Rows.Row row, @Nullable SendNowResult attempt) {}

    private Rows as(String actor) {
        return new Rows(dataSource, actor);
    }

    /** A row; refused when there is none. */
    public Rows.Row row(long id) {
        Rows.Row row = as("").find(id);
        if (row == null) {
            throw Requests.refused(HttpStatus.NOT_FOUND, "There is no row " + id + ".");
        }
        return row;
    }

    /** A row's attempts, in order. */
    public List<Rows.Attempt> attempts(long id) {
        return as("").attempts(id);
    }

    /** Its workflow in Temporal's UI; null where nobody said where that is. */
    public @Nullable String temporalUrl(Rows.Row row) {
        String ui = properties.temporal().uiUrl();
        if (ui == null || row.runId() == null) {
            return null;
        }
        return ui.replaceFirst("/$", "") + "/namespaces/" + encoded(namespace) + "/workflows/"
                + encoded(row.workflowId()) + "/" + encoded(row.runId()) + "/history";
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** What a row says. That somebody looked is in the audit. */
    public Rows.Content content(long id, String actor) {
        Rows.Content content = as(actor).content(id);
        if (content == null) {
            throw Requests.refused(HttpStatus.NOT_FOUND, "There is no row " + id + ".");
        }
        return content;
    }

    /** What its recipient would see, by the template that there is now. */
    public RenderedMail message(long id, String actor) {
        Rows.Row row = row(id);
        if (!byMail(row)) {
            throw Requests.refused(
                    HttpStatus.UNPROCESSABLE_CONTENT,
                    "Row " + id + " is no mail: what is sent is its payload. See its content.");
        }
        try {
            return preview.of(row.eventType(), content(id, actor).payload());
        } catch (IllegalArgumentException e) {
            throw Requests.refused(
                    HttpStatus.UNPROCESSABLE_CONTENT, "Row " + id + " cannot be rendered: " + e.getMessage() + ".");
        }
    }

    /** Whether a row goes out by mail, and so by a template. */
    public boolean byMail(Rows.Row row) {
        return new Deliveries(properties).byMail(row.eventType());
    }

    /** Why a row cannot be rendered as it is now; null when it can, or goes out as it is. */
    public @Nullable String unrenderable(long id, Rows.Content content) {
        Rows.Row row = row(id);
        if (!byMail(row)) {
            return null;
        }
        try {
            preview.of(row.eventType(), content.payload());
            return null;
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    /** JSON over several lines. */
    public String pretty(String text) {
        return json.writerWithDefaultPrettyPrinter().writeValueAsString(json.readTree(text));
    }

    /** The same on one line; refused when it is no JSON object. */
    public String object(String field, String text) {
        try {
            JsonNode object = json.readTree(text);
            if (object.isObject()) {
                return object.toString();
            }
        } catch (JacksonException e) {
            throw Requests.refused(
                    HttpStatus.BAD_REQUEST,
                    field + " is no JSON, at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr() + ": correct it there.");
        }
        throw Requests.refused(HttpStatus.BAD_REQUEST, field + " is no JSON object: make it one, in braces.");
    }

    /** Delivers a failed row again. */
    public Rows.Row retry(long id, String actor) {
        return changed(
                id, as(actor).retry(id), "Only failed rows are retried. To send an accepted message again, resend it.");
    }

    /** Closes a failed row. */
    public Rows.Row dismiss(long id, String reason, String actor) {
        return changed(id, as(actor).dismiss(id, reason), "Only failed rows are dismissed.");
    }

    /** Cancels a row that is still to be sent. */
    public Rows.Row cancel(long id, String reason, String actor) {
        return changed(id, as(actor).cancel(id, reason), "Only pending and dispatched rows are cancelled.");
    }

    private Rows.Row changed(long id, boolean done, String otherwise) {
        Rows.Row row = row(id);
        if (!done) {
            throw Requests.refused(
                    HttpStatus.CONFLICT, "Row " + id + " is " + row.status().column() + ". " + otherwise);
        }
        return row;
    }

    /** Ends a row's wait, whatever it waits for but a pause, its provider and its shard. */
    public SentNow sendNow(long id, String actor) throws InterruptedException {
        boolean done = as(actor).sendNow(id);
        Rows.Row row = changed(id, done, "Only rows that wait for their time or their next attempt are sent now.");
        if (row.status() != RowStatus.DISPATCHED) {
            return new SentNow(row, null);
        }
        SendNowResult attempt = waiting.sendNow(row);
        return new SentNow(row(id), attempt);
    }

    /** Puts a row off that waits. */
    public Rows.Row snooze(long id, OffsetDateTime until, String actor) {
        if (until.isBefore(OffsetDateTime.now(ZoneOffset.UTC))) {
            throw Requests.refused(
                    HttpStatus.BAD_REQUEST, "until has passed: name a time to come, or send the row now.");
        }
        boolean done = as(actor).correct(id, new Rows.Correction(null, null, until, null), null);
        return changed(id, done, "Only rows that wait are put off.");
    }

    /** Sends a finished row's message again; returns the new row. */
    public long resend(long id, String reason, @Nullable String request, String actor) {
        Long made = as(actor).resend(id, reason, request);
        if (made == null) {
            throw Requests.refused(HttpStatus.NOT_FOUND, "There is no row " + id + ".");
        }
        return made;
    }

    /** Which version of a row somebody sees. */
    public String version(long id) {
        return String.valueOf(as("").version(id));
    }

    /**
     * Changes a row that is not finished.
     *
     * @param version the version that whoever changes it saw
     */
    public Rows.Row correct(long id, Rows.Correction correction, String version, String actor) {
        if (!as(actor).correct(id, correction, version)) {
            Rows.Row row = row(id);
            if (!version(id).equals(version)) {
                throw Requests.refused(
                        HttpStatus.PRECONDITION_FAILED,
                        "Row " + id + " has changed since it was read: read it again, it is now "
                                + row.status().column() + ".");
            }
            throw Requests.refused(
                    HttpStatus.CONFLICT,
                    "Row " + id + " is " + row.status().column()
                            + (row.finishedAt() == null || row.attempts() == 0
                                    ? ", and is being sent just now. Try again in a minute."
                                    : ". Only rows that are not finished are corrected."));
        }
        return row(id);
    }

    /** Holds rows back. */
    public void pause(Pauses.Scope scope, String reason, @Nullable OffsetDateTime endsAt, String actor) {
        if (!pauses.pause(scope, reason, actor, endsAt)) {
            throw Requests.refused(HttpStatus.CONFLICT, "Paused already: " + scope + ". Its reason and its end stay.");
        }
    }

    /** Lifts a pause. */
    public void resume(Pauses.Scope scope, String actor) {
        if (!pauses.resume(scope, actor)) {
            throw Requests.refused(HttpStatus.NOT_FOUND, "Not paused: " + scope + ".");
        }
    }

    /** Probes a provider at once, or ends its hold. */
    public void hurry(String provider, String actor) {
        if (!providers.hurry(provider, actor)) {
            throw Requests.refused(HttpStatus.CONFLICT, "Provider '" + provider + "' is not down: nothing to hurry.");
        }
    }

    /** Sends nothing through a provider for a while. */
    public void hold(String provider, OffsetDateTime until, String reason, String actor) {
        if (!properties.limits().containsKey(provider)) {
            throw Requests.refused(
                    HttpStatus.NOT_FOUND,
                    "There is no provider '" + provider + "'. These are configured: "
                            + properties.limits().keySet() + ".");
        }
        providers.hold(provider, until, reason, actor);
    }

    /** How far a bulk action is. */
    public BulkActions.Progress bulkAction(UUID id) {
        BulkActions.Progress progress = bulk.find(id);
        if (progress == null) {
            throw Requests.refused(HttpStatus.NOT_FOUND, "There is no bulk action " + id + ".");
        }
        return progress;
    }

    /** Stops a bulk action before its next step. */
    public BulkActions.Progress cancelBulkAction(UUID id, String actor) {
        if (!bulk.cancel(id, actor)) {
            bulkAction(id);
            throw Requests.refused(HttpStatus.CONFLICT, "Bulk action " + id + " has ended already.");
        }
        return bulkAction(id);
    }

    /** Has every replica look for rows at once. */
    public void wake() {
        as("").wake();
    }
}
