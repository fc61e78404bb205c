package dev.tempost.app.console;

import dev.tempost.app.access.AccessConfiguration;
import dev.tempost.app.access.FailedLogins;
import dev.tempost.app.access.Login;
import dev.tempost.app.access.Roles;
import dev.tempost.app.failure.Explanation;
import dev.tempost.app.ops.Operations;
import dev.tempost.app.ops.Requests;
import dev.tempost.channels.email.RenderedMail;
import dev.tempost.outbox.access.Audit;
import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowSearch;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.util.HtmlUtils;

/** The console's pages. What they show and do is what the ops API shows and does. */
@RestController
class ConsoleController {

    private static final int PAGE = 50;
    private static final Duration SIGNED_IN = Duration.ofHours(12);
    private static final MediaType CSS = MediaType.parseMediaType("text/css;charset=UTF-8");
    private static final MediaType SCRIPT = MediaType.parseMediaType("text/javascript;charset=UTF-8");

    private final Operations operations;
    private final Tokens tokens;
    private final FailedLogins failed;
    private final Map<String, String> logins;
    private final Pages pages = new Pages("console/");
    private final Words words = new Words();

    ConsoleController(Operations operations, Tokens tokens, FailedLogins failed, ObjectProvider<Login> login) {
        this.operations = operations;
        this.tokens = tokens;
        this.failed = failed;
        this.logins = login.stream().findFirst().map(Login::names).orElse(Map.of());
    }

    @GetMapping("/console")
    ResponseEntity<String> overview(HttpServletRequest request) {
        return page(request, "overview", overview());
    }

    /** The part of the overview that refreshes itself. */
    @GetMapping("/console/live")
    ResponseEntity<String> live(HttpServletRequest request) {
        return page(request, "overview", Set.of("live"), overview());
    }

    private Map<String, @Nullable Object> overview() {
        Backlog.Counted counted = operations.backlog().counted();
        RowSearch.Causes causes = operations.search().causes(null);
        Map<String, @Nullable Object> model = new HashMap<>();
        model.put("counted", counted);
        model.put("totals", Totals.of(counted.groups()));
        model.put("causes", causes.groups().stream().limit(5).toList());
        model.put("down", operations.providers().down());
        model.put("pauses", operations.pauses().active());
        model.put("minutes", MinuteBars.of(operations.backlog().deliveredByMinute()));
        return model;
    }

    @GetMapping("/console/dead-letters")
    ResponseEntity<String> deadLetters(HttpServletRequest request, @RequestParam(defaultValue = "") String tenant) {
        RowSearch.Causes causes = operations.search().causes(Requests.orNull(tenant));
        return page(
                request,
                "dead-letters",
                Map.of(
                        "causes",
                        causes.groups(),
                        "complete",
                        causes.complete(),
                        "total",
                        causes.groups().stream()
                                .mapToLong(RowSearch.Group::rows)
                                .sum(),
                        "tenant",
                        tenant));
    }

    @GetMapping("/console/outbox")
    ResponseEntity<String> rows(
            HttpServletRequest request,
            @RequestParam(defaultValue = "") String id,
            @RequestParam(defaultValue = "") String status,
            @RequestParam(defaultValue = "") String tenant,
            @RequestParam(name = "event_type", defaultValue = "") String eventType,
            @RequestParam(name = "failure_type", defaultValue = "") String failureType,
            @RequestParam(defaultValue = "") String message,
            @RequestParam(defaultValue = "9223372036854775807") long before) {
        if (!id.isBlank()) {
            return to("/console/outbox/" + Long.parseLong(id.strip()));
        }
        RowSearch.Page page = operations
                .search()
                .page(filter(Requests.status(status), tenant, eventType, failureType, message), before, PAGE);
        Map<String, @Nullable Object> model = new HashMap<>();
        model.put("rows", page.rows());
        model.put("next", page.next());
        model.put("statuses", RowStatus.values());
        model.put("status", status);
        model.put("tenant", tenant);
        model.put("eventType", eventType);
        model.put("failureType", failureType);
        model.put("message", message);
        return page(request, "rows", model);
    }

    @GetMapping("/console/outbox/{id}")
    ResponseEntity<String> row(
            HttpServletRequest request, @PathVariable long id, @RequestParam(defaultValue = "") String done) {
        return page(request, "row", delivery(id, done));
    }

    private Map<String, @Nullable Object> delivery(long id, String done) {
        Rows.Row row = operations.row(id);
        Map<String, @Nullable Object> model = new HashMap<>();
        model.put("row", row);
        model.put("attempts", operations.attempts(id));
        model.put("temporalUrl", operations.temporalUrl(row));
        model.put("audit", operations.audit().entries(id, Long.MAX_VALUE, 20));
        model.put("done", Done.of(done));
        model.put("open", row.status() == RowStatus.PENDING || row.status() == RowStatus.DISPATCHED);
        model.put("dead", row.status() == RowStatus.FAILED);
        model.put("content", null);
        return model;
    }

    /** The row with what it says, and the message as its recipient would see it. */
    @GetMapping("/console/outbox/{id}/content")
    ResponseEntity<String> content(HttpServletRequest request, @PathVariable long id, Authentication who) {
        Map<String, @Nullable Object> model = delivery(id, "");
        Rows.Content content = operations.content(id, who.getName());
        model.put("content", content);
        model.put("payload", operations.pretty(content.payload()));
        model.put("unrenderable", operations.unrenderable(id, content));
        model.put("mail", operations.byMail(operations.row(id)));
        return page(request, "row", model);
    }

    @GetMapping("/console/outbox/{id}/message")
    ResponseEntity<String> message(@PathVariable long id, Authentication who) {
        RenderedMail mail = operations.message(id, who.getName());
        return Pages.mailed(
                mail.html() == null
                        ? "<pre>" + HtmlUtils.htmlEscape(String.valueOf(mail.text())) + "</pre>"
                        : mail.html());
    }

    @PostMapping("/console/outbox/{id}/retry")
    ResponseEntity<String> retry(@PathVariable long id, Authentication who) {
        operations.retry(id, who.getName());
        return to("/console/outbox/" + id + "?done=retry");
    }

    @PostMapping("/console/outbox/{id}/dismiss")
    ResponseEntity<String> dismiss(
            @PathVariable long id, @RequestParam(defaultValue = "") String reason, Authentication who) {
        operations.dismiss(id, Requests.reason(reason), who.getName());
        return to("/console/outbox/" + id + "?done=dismiss");
    }

    @PostMapping("/console/outbox/{id}/cancel")
    ResponseEntity<String> cancel(
            @PathVariable long id, @RequestParam(defaultValue = "") String reason, Authentication who) {
        operations.cancel(id, Requests.reason(reason), who.getName());
        return to("/console/outbox/" + id + "?done=cancel");
    }

    @PostMapping("/console/outbox/{id}/send-now")
    ResponseEntity<String> sendNow(@PathVariable long id, Authentication who) throws InterruptedException {
        boolean tried = operations.sendNow(id, who.getName()).attempt() != null;
        return to("/console/outbox/" + id + "?done=" + (tried ? Done.TRIED : Done.ASKED));
    }

    @PostMapping("/console/outbox/{id}/snooze")
    ResponseEntity<String> snooze(
            @PathVariable long id, @RequestParam(defaultValue = "60") int minutes, Authentication who) {
        operations.snooze(id, inMinutes(minutes), who.getName());
        return to("/console/outbox/" + id + "?done=snooze");
    }

    @PostMapping("/console/outbox/{id}/resend")
    ResponseEntity<String> resend(
            @PathVariable long id,
            @RequestParam(defaultValue = "") String reason,
            @RequestParam(defaultValue = "") String request,
            Authentication who) {
        long made = operations.resend(id, Requests.reason(reason), Requests.orNull(request), who.getName());
        return to("/console/outbox/" + made + "?done=resend");
    }

    @PostMapping("/console/outbox/{id}/correct")
    ResponseEntity<String> correct(
            @PathVariable long id,
            @RequestParam String payload,
            @RequestParam(defaultValue = "") String recipient,
            @RequestParam String version,
            @RequestParam(defaultValue = "false") boolean retry,
            Authentication who) {
        operations.correct(
                id,
                new Rows.Correction(operations.object("payload", payload), Requests.orNull(recipient), null, null),
                version,
                who.getName());
        if (retry) {
            operations.retry(id, who.getName());
        }
        return to("/console/outbox/" + id + (retry ? "?done=retry" : "?done=correct"));
    }

    /** What it would do, and the form that does it. */
    @GetMapping("/console/bulk/new")
    ResponseEntity<String> bulkAction(
            HttpServletRequest request,
            @RequestParam(defaultValue = "") String tenant,
            @RequestParam(name = "event_type", defaultValue = "") String eventType,
            @RequestParam(name = "failure_type", defaultValue = "") String failureType,
            @RequestParam(defaultValue = "") String message) {
        Map<String, @Nullable Object> model = new HashMap<>();
        model.put(
                "preview",
                operations
                        .bulk()
                        .preview(BulkActions.Action.RETRY, filter(null, tenant, eventType, failureType, message)));
        model.put("tenant", tenant);
        model.put("eventType", eventType);
        model.put("failureType", failureType);
        model.put("message", message);
        return page(request, "bulk-new", model);
    }

    @PostMapping("/console/bulk")
    ResponseEntity<String> startBulkAction(
            @RequestParam String action,
            @RequestParam(defaultValue = "") String tenant,
            @RequestParam(name = "event_type", defaultValue = "") String eventType,
            @RequestParam(name = "failure_type", defaultValue = "") String failureType,
            @RequestParam(defaultValue = "") String message,
            @RequestParam(defaultValue = "") String patch,
            @RequestParam(defaultValue = "") String reason,
            @RequestParam(name = "per_second", defaultValue = "200") int perSecond,
            Authentication who) {
        BulkActions.Action wanted = Requests.action(action);
        BulkActions.Progress begun = operations
                .bulk()
                .create(
                        wanted,
                        filter(null, tenant, eventType, failureType, message),
                        wanted == BulkActions.Action.CORRECT ? operations.object("patch", patch) : null,
                        Requests.reason(reason),
                        who.getName(),
                        Requests.perSecond(perSecond));
        return to("/console/bulk/" + begun.id());
    }

    /** @param message as it stands: a cause may end with a blank */
    private static RowSearch.Filter filter(
            @Nullable RowStatus status, String tenant, String eventType, String failureType, String message) {
        return new RowSearch.Filter(
                status,
                Requests.orNull(tenant),
                Requests.orNull(eventType),
                Requests.orNull(failureType),
                message.isEmpty() ? null : message,
                null,
                null,
                null,
                null);
    }

    @GetMapping("/console/bulk")
    ResponseEntity<String> bulkActions(HttpServletRequest request) {
        return page(request, "bulk-list", Map.of("actions", operations.bulk().list(PAGE)));
    }

    @GetMapping("/console/bulk/{id}")
    ResponseEntity<String> bulkAction(HttpServletRequest request, @PathVariable UUID id) {
        return page(request, "bulk", Map.of("bulk", operations.bulkAction(id)));
    }

    /** The part of its page that refreshes itself. */
    @GetMapping("/console/bulk/{id}/live")
    ResponseEntity<String> bulkProgress(HttpServletRequest request, @PathVariable UUID id) {
        return page(request, "bulk", Set.of("live"), Map.of("bulk", operations.bulkAction(id)));
    }

    @PostMapping("/console/bulk/{id}/cancel")
    ResponseEntity<String> cancelBulkAction(@PathVariable UUID id, Authentication who) {
        operations.cancelBulkAction(id, who.getName());
        return to("/console/bulk/" + id);
    }

    @GetMapping("/console/providers")
    ResponseEntity<String> providers(HttpServletRequest request) {
        return page(
                request,
                "providers",
                Map.of(
                        "down",
                        operations.providers().down(),
                        "configured",
                        operations.properties().limits().keySet()));
    }

    @PostMapping("/console/providers/hurry")
    ResponseEntity<String> hurry(@RequestParam String provider, Authentication who) {
        operations.hurry(provider, who.getName());
        return to("/console/providers");
    }

    @PostMapping("/console/providers/hold")
    ResponseEntity<String> hold(
            @RequestParam String provider,
            @RequestParam(defaultValue = "") String reason,
            @RequestParam(defaultValue = "60") int minutes,
            Authentication who) {
        operations.hold(provider, inMinutes(minutes), Requests.reason(reason), who.getName());
        return to("/console/providers");
    }

    private static OffsetDateTime inMinutes(int minutes) {
        return OffsetDateTime.now(ZoneOffset.UTC).plusMinutes(minutes);
    }

    @GetMapping("/console/pauses")
    ResponseEntity<String> pauses(HttpServletRequest request) {
        return page(
                request,
                "pauses",
                Map.of(
                        "active",
                        operations.pauses().active(),
                        "past",
                        operations.pauses().history(PAGE).stream()
                                .filter(pause -> pause.resumedAt() != null)
                                .toList()));
    }

    @PostMapping("/console/pauses")
    ResponseEntity<String> pause(
            @RequestParam(defaultValue = "") String tenant,
            @RequestParam(name = "event_type", defaultValue = "") String eventType,
            @RequestParam(name = "shard_key", defaultValue = "") String shardKey,
            @RequestParam(defaultValue = "") String reason,
            @RequestParam(defaultValue = "0") int minutes,
            Authentication who) {
        operations.pause(
                scope(tenant, eventType, shardKey),
                Requests.reason(reason),
                minutes > 0 ? OffsetDateTime.now(ZoneOffset.UTC).plusMinutes(minutes) : null,
                who.getName());
        return to("/console/pauses");
    }

    @PostMapping("/console/pauses/resume")
    ResponseEntity<String> resume(
            @RequestParam(defaultValue = "") String tenant,
            @RequestParam(name = "event_type", defaultValue = "") String eventType,
            @RequestParam(name = "shard_key", defaultValue = "") String shardKey,
            Authentication who) {
        operations.resume(scope(tenant, eventType, shardKey), who.getName());
        return to("/console/pauses");
    }

    private static Pauses.Scope scope(String tenant, String eventType, String shardKey) {
        return Requests.scope(Requests.orNull(tenant), Requests.orNull(eventType), Requests.orNull(shardKey));
    }

    @GetMapping("/console/shards")
    ResponseEntity<String> shards(HttpServletRequest request) {
        return page(request, "shards", Map.of("shards", operations.shards().deepest(null, PAGE)));
    }

    @GetMapping("/console/audit")
    ResponseEntity<String> audit(
            HttpServletRequest request, @RequestParam(defaultValue = "9223372036854775807") long before) {
        List<Audit.Entry> entries = operations.audit().entries(null, before, PAGE);
        Map<String, @Nullable Object> model = new HashMap<>();
        model.put("entries", entries);
        model.put("next", entries.size() == PAGE ? entries.getLast().id() : null);
        return page(request, "audit", model);
    }

    @GetMapping("/console/login")
    ResponseEntity<String> loginPage(HttpServletRequest request, @RequestParam(defaultValue = "") String problem) {
        return switch (problem) {
            case "" -> loginPage(request, HttpStatus.OK, "");
            case "role" ->
                loginPage(
                        request,
                        HttpStatus.FORBIDDEN,
                        "Your identity provider knows you, and does not say what you may do here: claim tempost_role of"
                                + " its ID token is none of viewer, operator, admin. Ask who administers it.");
            case "away" -> loginPage(request, HttpStatus.SERVICE_UNAVAILABLE, "PostgreSQL does not answer. Try again.");
            default ->
                loginPage(
                        request,
                        HttpStatus.UNAUTHORIZED,
                        "You could not be signed in, or took longer than ten minutes. Try again; if it fails again,"
                                + " Tempost's log has the reason.");
        };
    }

    private ResponseEntity<String> loginPage(HttpServletRequest request, HttpStatus status, String problem) {
        Map<String, @Nullable Object> model = common(request);
        model.put("problem", problem);
        model.put("logins", logins);
        return pages.page(status, "login", Set.of(), model);
    }

    /** Its cookie goes to pages of the same site only, and so not where another site has sent somebody: this page sends them on. */
    @GetMapping(Login.DONE)
    ResponseEntity<String> signedIn(HttpServletRequest request) {
        return page(request, "signed-in", Map.of());
    }

    @PostMapping("/console/login")
    ResponseEntity<String> login(HttpServletRequest request, @RequestParam(defaultValue = "") String token) {
        if (tokens.holder(token.strip()) == null) {
            long seconds = failed.failed(request.getRemoteAddr());
            return seconds > 0
                    ? loginPage(
                            request,
                            HttpStatus.TOO_MANY_REQUESTS,
                            "Too many tokens that may not be used. Wait " + seconds + " s.")
                    : loginPage(
                            request,
                            HttpStatus.UNAUTHORIZED,
                            "This token may not be used: it is unknown, expired or revoked.");
        }
        return withCookie(request, token.strip(), SIGNED_IN);
    }

    @PostMapping("/console/logout")
    ResponseEntity<String> logout(HttpServletRequest request, Authentication who) {
        // an API token may be in use elsewhere
        if (Tokens.isOfLogin(who.getName())) {
            tokens.revoke(who.getName(), who.getName());
        }
        return withCookie(request, "", Duration.ZERO);
    }

    private static ResponseEntity<String> withCookie(HttpServletRequest request, String value, Duration age) {
        return ResponseEntity.status(HttpStatus.SEE_OTHER)
                .header(
                        HttpHeaders.SET_COOKIE,
                        AccessConfiguration.cookie(request, value, age).toString())
                .location(URI.create("/console"))
                .build();
    }

    @GetMapping("/console/assets/console.css")
    ResponseEntity<byte[]> style() throws IOException {
        return pages.asset("console.css", CSS);
    }

    @GetMapping("/console/assets/htmx.js")
    ResponseEntity<byte[]> script() throws IOException {
        return Pages.file("META-INF/resources/webjars/htmx.org/2.0.7/dist/htmx.min.js", SCRIPT);
    }

    @ExceptionHandler
    ResponseEntity<String> refused(HttpServletRequest request, ResponseStatusException refusal) {
        return problem(
                request,
                Objects.requireNonNull(
                        HttpStatus.resolve(refusal.getStatusCode().value())),
                String.valueOf(refusal.getReason()));
    }

    @ExceptionHandler
    ResponseEntity<String> refused(HttpServletRequest request, NumberFormatException refusal) {
        return problem(request, HttpStatus.BAD_REQUEST, "That is no row's id: an id is a whole number.");
    }

    @ExceptionHandler
    ResponseEntity<String> refused(HttpServletRequest request, OutboxUnavailableException failure) {
        Explanation explanation = Explanation.of(failure);
        if (failure.lockedByOthers()) {
            return problem(
                    request, HttpStatus.CONFLICT, "Somebody else's transaction holds the row. Try again in a moment.");
        }
        return explanation != null && explanation.cause() == Explanation.Cause.REQUEST
                ? problem(request, HttpStatus.CONFLICT, explanation.text())
                : problem(request, HttpStatus.SERVICE_UNAVAILABLE, "PostgreSQL does not answer. Try again.");
    }

    private ResponseEntity<String> problem(HttpServletRequest request, HttpStatus status, String text) {
        Map<String, @Nullable Object> model = common(request);
        model.put("problem", text);
        return pages.page(status, "problem", Set.of(), model);
    }

    private static ResponseEntity<String> to(String path) {
        return ResponseEntity.status(HttpStatus.SEE_OTHER)
                .location(URI.create(path))
                .build();
    }

    private ResponseEntity<String> page(
            HttpServletRequest request, String template, Map<String, ? extends @Nullable Object> own) {
        return page(request, template, Set.of(), own);
    }

    private ResponseEntity<String> page(
            HttpServletRequest request,
            String template,
            Set<String> fragments,
            Map<String, ? extends @Nullable Object> own) {
        Map<String, @Nullable Object> model = common(request);
        model.putAll(own);
        return pages.page(HttpStatus.OK, template, fragments, model);
    }

    private Map<String, @Nullable Object> common(HttpServletRequest request) {
        Authentication who = SecurityContextHolder.getContext().getAuthentication();
        CsrfToken csrf = (CsrfToken) request.getAttribute(CsrfToken.class.getName());
        Map<String, @Nullable Object> model = new HashMap<>();
        model.put("who", who != null && Roles.has(who, Tokens.Role.VIEWER) ? who.getName() : null);
        model.put("operator", who != null && Roles.has(who, Tokens.Role.OPERATOR));
        model.put("csrf", csrf == null ? "" : csrf.getToken());
        model.put("path", request.getRequestURI());
        model.put("words", words);
        return model;
    }
}
