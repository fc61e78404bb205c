package dev.tempost.demo;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.WebRequest;
import org.thymeleaf.TemplateEngine;
import org.thymeleaf.context.Context;
import org.thymeleaf.templatemode.TemplateMode;
import org.thymeleaf.templateresolver.ClassLoaderTemplateResolver;

/** The pages over the {@link Inbox}. Mails are shown as what they are: input from outside. */
@RestController
public final class InboxController {

    /** One line of the list. */
    public record Line(
            int number, String from, String to, String subject, String messageId, Instant receivedAt, String time) {}

    /** One mail as {@code /inbox.json} lists it; {@code receivedAt} is ISO 8601 in UTC. */
    public record Entry(int number, String from, String to, String subject, String messageId, String receivedAt) {}

    private static final int PAGE_SIZE = 100;
    private static final Set<String> VIEWS = Set.of("html", "text", "headers", "source");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final String OWN_PAGE = "default-src 'none'; style-src 'self'; script-src 'self'; "
            + "connect-src 'self'; frame-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
            + "frame-ancestors 'none'";
    private static final String MAILED_HTML = "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
            + "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";
    private static final MediaType HTML = MediaType.parseMediaType("text/html;charset=UTF-8");

    private final Inbox inbox;
    private final ZoneId zone = ZoneId.systemDefault();
    private final TemplateEngine templates = templates();
    private final long generation = System.nanoTime();

    public InboxController(Inbox inbox) {
        this.inbox = inbox;
    }

    @GetMapping("/inbox")
    ResponseEntity<String> list(
            @RequestParam(defaultValue = "") String q, @RequestParam(defaultValue = "2147483647") int before) {
        return page(HttpStatus.OK, OWN_PAGE, render("list", Set.of(), listing(q, before)));
    }

    /** The part of the list that refreshes itself; unchanged costs a 304 and no rendering. */
    @GetMapping("/inbox/lines")
    ResponseEntity<String> lines(@RequestParam(defaultValue = "") String q, WebRequest request) {
        String etag = "\"" + generation + "-" + inbox.count() + "\"";
        if (request.checkNotModified(etag)) {
            return ResponseEntity.status(HttpStatus.NOT_MODIFIED)
                    .header("Content-Security-Policy", OWN_PAGE)
                    .build();
        }
        return page(HttpStatus.OK, OWN_PAGE, render("list", Set.of("lines"), listing(q, Integer.MAX_VALUE)));
    }

    @GetMapping("/inbox.json")
    List<Entry> json() {
        return inbox.mails().stream()
                .map(mail -> new Entry(
                        mail.number(),
                        mail.from(),
                        mail.to(),
                        mail.subject(),
                        mail.messageId(),
                        mail.receivedAt().toString()))
                .toList();
    }

    @GetMapping("/inbox/{number}")
    ResponseEntity<String> mail(@PathVariable String number, @RequestParam(defaultValue = "") String view) {
        Optional<ReceivedMail> found = find(number);
        if (found.isEmpty()) {
            return missing(number);
        }
        ReceivedMail mail = found.get();
        Map<String, @Nullable Object> model = new HashMap<>();
        model.put("mail", mail);
        model.put("receivedAt", mail.receivedAt().atZone(zone).format(DateTimeFormatter.RFC_1123_DATE_TIME));
        model.put("view", VIEWS.contains(view) ? view : mail.html() != null ? "html" : "text");
        model.put("newer", inbox.mail(mail.number() + 1).isPresent());
        return page(HttpStatus.OK, OWN_PAGE, render("mail", Set.of(), model));
    }

    @GetMapping("/inbox/{number}/html")
    ResponseEntity<String> mailedHtml(@PathVariable String number) {
        return find(number)
                .map(ReceivedMail::html)
                .map(html -> page(HttpStatus.OK, MAILED_HTML, html))
                .orElseGet(() -> missing(number));
    }

    @GetMapping("/inbox/inbox.css")
    ResponseEntity<byte[]> style() throws IOException {
        return asset("inbox.css", MediaType.parseMediaType("text/css;charset=UTF-8"));
    }

    @GetMapping("/inbox/inbox.js")
    ResponseEntity<byte[]> script() throws IOException {
        return asset("inbox.js", MediaType.parseMediaType("text/javascript;charset=UTF-8"));
    }

    private Optional<ReceivedMail> find(String number) {
        try {
            return inbox.mail(Integer.parseInt(number));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private Map<String, @Nullable Object> listing(String query, int before) {
        String words = query.strip();
        List<ReceivedMail> mails = inbox.mails();
        List<Line> lines = new ArrayList<>();
        boolean older = false;
        for (int i = Math.min(mails.size(), Math.max(before - 1, 0)) - 1; i >= 0 && !older; i--) {
            ReceivedMail mail = mails.get(i);
            if (words.isEmpty() || mail.mentions(words)) {
                older = lines.size() == PAGE_SIZE;
                if (!older) {
                    lines.add(line(mail));
                }
            }
        }
        Map<String, @Nullable Object> model = new HashMap<>();
        model.put("lines", lines);
        model.put("older", older ? lines.getLast().number() : null);
        model.put("total", mails.size());
        model.put("query", words);
        model.put("live", before == Integer.MAX_VALUE);
        return model;
    }

    private Line line(ReceivedMail mail) {
        return new Line(
                mail.number(),
                mail.from(),
                mail.to(),
                mail.subject(),
                mail.messageId(),
                mail.receivedAt(),
                mail.receivedAt().atZone(zone).format(TIME));
    }

    private ResponseEntity<String> missing(String number) {
        return page(HttpStatus.NOT_FOUND, OWN_PAGE, render("missing", Set.of(), Map.of("number", number)));
    }

    private String render(String template, Set<String> fragments, Map<String, ? extends @Nullable Object> model) {
        Context context = new Context(Locale.ENGLISH);
        model.forEach(context::setVariable);
        return templates.process(template, fragments, context);
    }

    private static ResponseEntity<String> page(HttpStatus status, String policy, String html) {
        return secured(status, policy, HTML).body(html);
    }

    private static ResponseEntity<byte[]> asset(String name, MediaType type) throws IOException {
        try (InputStream content = new ClassPathResource("demo/inbox/" + name).getInputStream()) {
            return secured(HttpStatus.OK, OWN_PAGE, type).body(content.readAllBytes());
        }
    }

    private static ResponseEntity.BodyBuilder secured(HttpStatus status, String policy, MediaType type) {
        return ResponseEntity.status(status)
                .contentType(type)
                .cacheControl(CacheControl.noCache())
                .header("Content-Security-Policy", policy)
                .header("X-Content-Type-Options", "nosniff")
                .header("Referrer-Policy", "no-referrer");
    }

    private static TemplateEngine templates() {
        ClassLoaderTemplateResolver resolver = new ClassLoaderTemplateResolver(InboxController.class.getClassLoader());
        resolver.setPrefix("demo/inbox/");
        resolver.setSuffix(".html");
        resolver.setTemplateMode(TemplateMode.HTML);
        resolver.setCharacterEncoding("UTF-8");
        TemplateEngine engine = new TemplateEngine();
        engine.setTemplateResolver(resolver);
        return engine;
    }
}
