package dev.tempost.demo;

import dev.tempost.app.console.Pages;
import java.io.IOException;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.WebRequest;

/** The pages over the {@link Inbox}. Mails are shown as what they are: input from outside. */
@RestController
public final class InboxController {

    private static final int PAGE_SIZE = 100;
    private static final Set<String> VIEWS = Set.of("html", "text", "headers", "source");
    private final Inbox inbox;
    private final ZoneId zone = ZoneId.systemDefault();
    private final Pages pages = new Pages("demo/inbox/");
    private final long generation = System.nanoTime();

    public InboxController(Inbox inbox) {
        this.inbox = inbox;
    }

    @GetMapping("/inbox")
    ResponseEntity<String> list(
            @RequestParam(defaultValue = "") String q, @RequestParam(defaultValue = "2147483647") int before) {
        return pages.page(HttpStatus.OK, "list", Set.of(), listing(q, before));
    }

    /** The part of the list that refreshes itself; unchanged costs a 304 and no rendering. */
    @GetMapping("/inbox/lines")
    ResponseEntity<String> lines(@RequestParam(defaultValue = "") String q, WebRequest request) {
        String etag = "\"" + generation + "-" + inbox.count() + "\"";
        if (request.checkNotModified(etag)) {
            return Pages.unchanged();
        }
        return pages.page(HttpStatus.OK, "list", Set.of("lines"), listing(q, Integer.MAX_VALUE));
    }

    @GetMapping("/inbox.json")
    List<InboxEntry> json() {
        return inbox.mails().stream()
                .map(mail -> new InboxEntry(
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
        return pages.page(HttpStatus.OK, "mail", Set.of(), model);
    }

    @GetMapping("/inbox/{number}/html")
    ResponseEntity<String> mailedHtml(@PathVariable String number) {
        return find(number).map(ReceivedMail::html).map(Pages::mailed).orElseGet(() -> missing(number));
    }

    @GetMapping("/inbox/inbox.css")
    ResponseEntity<byte[]> style() throws IOException {
        return pages.asset("inbox.css", MediaType.parseMediaType("text/css;charset=UTF-8"));
    }

    @GetMapping("/inbox/inbox.js")
    ResponseEntity<byte[]> script() throws IOException {
        return pages.asset("inbox.js", MediaType.parseMediaType("text/javascript;charset=UTF-8"));
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
        List<InboxLine> lines = new ArrayList<>();
        boolean older = false;
        for (int i = Math.min(mails.size(), Math.max(before - 1, 0)) - 1; i >= 0 && !older; i--) {
            ReceivedMail mail = mails.get(i);
            if (words.isEmpty() || mail.mentions(words)) {
                older = lines.size() == PAGE_SIZE;
                if (!older) {
                    lines.add(InboxLine.of(mail, zone));
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

    private ResponseEntity<String> missing(String number) {
        return pages.page(HttpStatus.NOT_FOUND, "missing", Set.of(), Map.of("number", number));
    }
}
