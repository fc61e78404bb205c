package dev.tempost.app.ops;

import dev.tempost.app.access.Roles;
import dev.tempost.channels.email.RenderedMail;
import dev.tempost.outbox.access.Audit;
import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowSearch;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.rows.Shard;
import io.swagger.v3.oas.annotations.Operation;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/** The ops API. {@code docs/ops-api.md} shows how it is used; {@code /ops/openapi} describes it. */
@RestController
class OpsController {

    private final Operations operations;
    private final JsonMapper json;

    OpsController(Operations operations, JsonMapper json) {
        this.operations = operations;
        this.json = json;
    }

    @Operation(
            summary =
                    "Rows, newest first. A page may be short, or empty, and still not be the last: go on while next is set.")
    @GetMapping("/ops/outbox")
    RowSearch.Page list(
            @RequestParam(required = false) @Nullable String status,
            @RequestParam(required = false) @Nullable String tenant,
            @RequestParam(name = "event_type", required = false) @Nullable String eventType,
            @RequestParam(name = "failure_type", required = false) @Nullable String failureType,
            @RequestParam(required = false) @Nullable String recipient,
            @RequestParam(name = "job_id", required = false) @Nullable String jobId,
            @RequestParam(name = "created_from", required = false) @Nullable String createdFrom,
            @RequestParam(name = "created_before", required = false) @Nullable String createdBefore,
            @RequestParam(defaultValue = "9223372036854775807") long before,
            @RequestParam(defaultValue = "50") int limit,
            Authentication who) {
        if (recipient != null && !Roles.has(who, Tokens.Role.OPERATOR)) {
            throw Requests.refused(
                    HttpStatus.FORBIDDEN, "recipient: your role does not allow to look for recipients. Operators may.");
        }
        return operations
                .search()
                .page(
                        new RowSearch.Filter(
                                Requests.status(status),
                                tenant,
                                eventType,
                                failureType,
                                null,
                                recipient,
                                jobId,
                                Requests.instant("created_from", createdFrom),
                                Requests.instant("created_before", createdBefore)),
                        before,
                        Requests.limit(limit));
    }

    @Operation(summary = "Dead letters by cause, most rows first.")
    @GetMapping("/ops/dead-letters")
    Api.DeadLetters deadLetters(@RequestParam(required = false) @Nullable String tenant) {
        RowSearch.Causes causes = operations.search().causes(tenant);
        return new Api.DeadLetters(causes.groups(), causes.complete());
    }

    @Operation(summary = "One row, every attempt to send it, and its workflow. Its ETag is what PATCH asks for.")
    @GetMapping("/ops/outbox/{id}")
    ResponseEntity<Api.Delivery> show(@PathVariable long id) {
        String version = operations.version(id);
        Rows.Row row = operations.row(id);
        return ResponseEntity.ok()
                .eTag(version)
                .body(new Api.Delivery(row, operations.attempts(id), operations.temporalUrl(row)));
    }

    @Operation(summary = "What a row says, and to whom. Each view is in the audit.")
    @GetMapping("/ops/outbox/{id}/content")
    ResponseEntity<Api.Content> content(@PathVariable long id, Authentication who) {
        Rows.Content content = operations.content(id, who.getName());
        return ResponseEntity.ok()
                .eTag(content.version())
                .body(new Api.Content(
                        content.recipient(), json.readTree(content.payload()), json.readTree(content.headers())));
    }

    @Operation(
            summary =
                    "The message as its recipient would see it, by the template that there is now. Each view is in the audit.")
    @GetMapping("/ops/outbox/{id}/message")
    RenderedMail message(@PathVariable long id, Authentication who) {
        return operations.message(id, who.getName());
    }

    @Operation(summary = "Delivers a failed row again, with all its attempts once more.")
    @PostMapping("/ops/outbox/{id}/retry")
    Rows.Row retry(@PathVariable long id, Authentication who) {
        return operations.retry(id, who.getName());
    }

    @Operation(summary = "Closes a failed row for good.")
    @PostMapping("/ops/outbox/{id}/dismiss")
    Rows.Row dismiss(@PathVariable long id, @RequestBody Api.Why why, Authentication who) {
        return operations.dismiss(id, Requests.reason(why.reason()), who.getName());
    }

    @Operation(summary = "Cancels a row: at once when pending, before its next attempt when dispatched.")
    @PostMapping("/ops/outbox/{id}/cancel")
    Rows.Row cancel(@PathVariable long id, @RequestBody Api.Why why, Authentication who) {
        return operations.cancel(id, Requests.reason(why.reason()), who.getName());
    }

    @Operation(
            summary =
                    "Makes the next attempt at once, and says what came of it. A pause, a provider that is down and a shard hold it still.")
    @PostMapping("/ops/outbox/{id}/send-now")
    Operations.SentNow sendNow(@PathVariable long id, Authentication who) throws InterruptedException {
        return operations.sendNow(id, who.getName());
    }

    @Operation(summary = "Puts a row off that waits: its next attempt is not before then.")
    @PostMapping("/ops/outbox/{id}/snooze")
    Rows.Row snooze(@PathVariable long id, @RequestBody Api.Until until, Authentication who) {
        return operations.snooze(id, Requests.required("until", until.until()), who.getName());
    }

    @Operation(
            summary =
                    "Sends a finished row's message again, as a new row: the only way to send what was accepted a second time.")
    @PostMapping("/ops/outbox/{id}/resend")
    @ResponseStatus(HttpStatus.CREATED)
    Api.Resent resend(
            @PathVariable long id,
            @RequestBody Api.Why why,
            @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String key,
            Authentication who) {
        return new Api.Resent(operations.resend(id, Requests.reason(why.reason()), key, who.getName()), id);
    }

    @Operation(
            summary = "Changes a row that is not finished, from its next attempt on. Takes the row's ETag in If-Match.")
    @PatchMapping("/ops/outbox/{id}")
    ResponseEntity<Rows.Row> correct(
            @PathVariable long id,
            @RequestBody Api.Correction correction,
            @RequestHeader(name = "If-Match", required = false) @Nullable String version,
            Authentication who) {
        if (version == null) {
            throw Requests.refused(
                    HttpStatus.PRECONDITION_REQUIRED,
                    "If-Match is missing: read row " + id
                            + " and send its ETag, so that nobody else's correction is lost.");
        }
        Rows.Row row = operations.correct(
                id, CorrectionReader.read(correction), version.strip().replaceAll("^\"|\"$", ""), who.getName());
        return ResponseEntity.ok().eTag(operations.version(id)).body(row);
    }

    @Operation(
            summary =
                    "What is open by tenant, event type and status, and how old the oldest that is due is; counted every few seconds.")
    @GetMapping("/ops/backlog")
    Api.Counted backlog() {
        Backlog.Counted counted = operations.backlog().counted();
        return new Api.Counted(counted.age().toMillis() / 1000.0, counted.groups());
    }

    @Operation(summary = "The pauses that hold; with history also those of the past.")
    @GetMapping("/ops/pauses")
    List<Pauses.Pause> pauses(@RequestParam(defaultValue = "false") boolean history) {
        return history
                ? operations.pauses().history(Requests.LARGEST_PAGE)
                : operations.pauses().active();
    }

    @Operation(
            summary = "Holds rows back, from the next claim and the next attempt on; until an end, where one is given.")
    @PostMapping("/ops/pauses")
    @ResponseStatus(HttpStatus.CREATED)
    Api.Done pause(@RequestBody Api.NewPause pause, Authentication who) {
        operations.pause(
                Requests.scope(pause.tenant(), pause.eventType(), pause.shardKey()),
                Requests.reason(pause.reason()),
                Requests.time("ends_at", pause.endsAt()),
                who.getName());
        return new Api.Done(true);
    }

    @Operation(summary = "Lifts the pause that was set with the same tenant, event type and shard.")
    @DeleteMapping("/ops/pauses")
    Api.Done resume(
            @RequestParam(required = false) @Nullable String tenant,
            @RequestParam(name = "event_type", required = false) @Nullable String eventType,
            @RequestParam(name = "shard_key", required = false) @Nullable String shardKey,
            Authentication who) {
        operations.resume(Requests.scope(tenant, eventType, shardKey), who.getName());
        return new Api.Done(true);
    }

    @Operation(summary = "The providers that are down or held, since when and why.")
    @GetMapping("/ops/providers")
    List<ProviderHealth.Down> providers() {
        return operations.providers().down();
    }

    @Operation(summary = "Probes a provider that is down at once, or ends its hold.")
    @PostMapping("/ops/providers/{name}/hurry")
    Api.Done hurry(@PathVariable String name, Authentication who) {
        operations.hurry(name, who.getName());
        return new Api.Done(true);
    }

    @Operation(summary = "Sends nothing through a provider until a time. Its rows wait.")
    @PostMapping("/ops/providers/{name}/hold")
    Api.Done hold(@PathVariable String name, @RequestBody Api.NewHold hold, Authentication who) {
        operations.hold(name, Requests.required("until", hold.until()), Requests.reason(hold.reason()), who.getName());
        return new Api.Done(true);
    }

    @Operation(summary = "The deepest shards, and what each waits for.")
    @GetMapping("/ops/shards")
    List<Shard> shards(
            @RequestParam(required = false) @Nullable String tenant, @RequestParam(defaultValue = "10") int limit) {
        return operations.shards().deepest(tenant, Requests.limit(limit));
    }

    @Operation(summary = "What operators did, newest first.")
    @GetMapping("/ops/audit")
    List<Audit.Entry> audit(
            @RequestParam(required = false) @Nullable Long row,
            @RequestParam(defaultValue = "9223372036854775807") long before,
            @RequestParam(defaultValue = "50") int limit) {
        return operations.audit().entries(row, before, Requests.limit(limit));
    }

    @Operation(
            summary =
                    "Has every replica look for rows at once, for those who come from an outbox that is pinged. Rows are found without it.")
    @PostMapping("/admin/process-outbox")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Api.Done wake(@RequestParam(name = "tenant_id", required = false) @Nullable String tenant) {
        operations.wake();
        return new Api.Done(true);
    }
}
