package dev.tempost.channels.email;

import dev.tempost.activities.channel.UnsendableRow;
import dev.tempost.workflows.FailureType;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.thymeleaf.TemplateEngine;
import org.thymeleaf.TemplateSpec;
import org.thymeleaf.cache.StandardCacheManager;
import org.thymeleaf.context.IContext;
import org.thymeleaf.context.ITemplateContext;
import org.thymeleaf.exceptions.TemplateProcessingException;
import org.thymeleaf.messageresolver.StandardMessageResolver;
import org.thymeleaf.templatemode.TemplateMode;

/**
 * Renders mails. A template is a folder named after its event type below one of the roots, with {@code subject.txt} and
 * {@code body.html} or {@code body.txt} or both, in Thymeleaf. The payload's top-level keys are its variables, and
 * whatever a template asks for must be there; a JSON null is there.
 *
 * <p>A changed file is noticed within the recheck interval. Thread-safe.
 */
public final class Templates {

    private static final Pattern EVENT_TYPE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");
    private static final Pattern MISSING_BELOW_NULL =
            Pattern.compile("source is null for getProperty\\(null, \"(.*)\"\\)");
    private static final int CACHED_TEMPLATES = 1000;

    private final List<Path> roots;
    private final long recheckMillis;
    private final Clock clock;
    private final TemplateEngine engine = new TemplateEngine();
    private final Map<String, TemplateFolder> folders = new ConcurrentHashMap<>();

    /** Looks for changes every two seconds. */
    public Templates(List<Path> roots, Clock clock) {
        this(roots, Duration.ofSeconds(2), clock);
    }

    /**
     * @param roots folders that hold templates; the first that has an event type's template wins
     * @param recheck how long a change of a template may go unnoticed
     */
    public Templates(List<Path> roots, Duration recheck, Clock clock) {
        this.roots =
                roots.stream().map(root -> root.toAbsolutePath().normalize()).toList();
        this.recheckMillis = recheck.toMillis();
        this.clock = clock;
        var caches = new StandardCacheManager();
        caches.setTemplateCacheMaxSize(CACHED_TEMPLATES);
        caches.setExpressionCacheMaxSize(10 * CACHED_TEMPLATES);
        engine.setCacheManager(caches);
        engine.setDialect(new TemplateDialect());
        engine.setTemplateResolver(new TemplateFiles(this.roots, Math.max(1, recheckMillis)));
        engine.setMessageResolver(new StrictMessages());
        engine.setEngineContextFactory((configuration, template, attributes, context) ->
                new StrictEngineContext(configuration, template, attributes, context.getLocale(), (Variables) context));
    }

    /** Whether there is a template for that event type. */
    public boolean has(String eventType) {
        return EVENT_TYPE.matcher(eventType).matches() && folder(eventType) != null;
    }

    /** @throws RenderingLimit.Reached when more might be allowed */
    RenderedMail render(String eventType, StrictMap payload, RenderingLimit limit) {
        TemplateFolder folder = EVENT_TYPE.matcher(eventType).matches() ? folder(eventType) : null;
        if (folder == null || !(folder.text() || folder.html())) {
            throw new UnsendableRow(
                    FailureType.TEMPLATE_INVALID,
                    "no template for event type '" + printable(eventType) + "': add templates/" + printable(eventType)
                            + "/subject.txt and body.html or body.txt, then retry");
        }
        var variables = new Variables(payload, limit);
        return new RenderedMail(
                subject(folder, variables),
                folder.text() ? process(folder, "body.txt", variables) : null,
                folder.html() ? process(folder, "body.html", variables) : null);
    }

    private String subject(TemplateFolder folder, Variables variables) {
        String subject = process(folder, "subject.txt", variables).strip();
        if (subject.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0)) {
            throw new UnsendableRow(
                    FailureType.PAYLOAD_INVALID,
                    "the subject from templates/" + folder.name()
                            + "/subject.txt has a line break or a NUL in it: remove it"
                            + " from the row's payload, then retry");
        }
        if (subject.length() > HeaderText.MAX_LENGTH) {
            throw new UnsendableRow(
                    FailureType.PAYLOAD_INVALID,
                    "the subject from templates/" + folder.name() + "/subject.txt is longer than "
                            + HeaderText.MAX_LENGTH + " characters: shorten what the row's payload puts there, then"
                            + " retry");
        }
        return subject;
    }

    private String process(TemplateFolder folder, String file, Variables variables) {
        String shown = "templates/" + folder.name() + "/" + file;
        try {
            var rendered = new StringBuilder(1024);
            // what TemplateEngine.process does, except that it would log the payload that a cause quotes
            engine.getConfiguration()
                    .getTemplateManager()
                    .parseAndProcess(
                            new TemplateSpec(folder.versioned(file), (TemplateMode) null),
                            variables,
                            variables.limit().writer(rendered));
            return rendered.toString();
        } catch (RuntimeException e) {
            throw explain(shown, variables.limit(), e);
        }
    }

    private static RuntimeException explain(String file, RenderingLimit limit, RuntimeException failure) {
        TemplateProcessingException located = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case UnsendableRow unsendable -> {
                    return unsendable;
                }
                case RenderingLimit.Reached reached -> {
                    return limit.mayBeRaised()
                            ? reached
                            : new UnsendableRow(
                                    FailureType.PAYLOAD_INVALID,
                                    file + " " + reached.getMessage()
                                            + " with this row's payload: make the payload smaller, or"
                                            + " the template's loops shorter, then retry");
                }
                case MissingVariable missing -> {
                    return missing(file, "'" + printable(missing.path()) + "'");
                }
                case TemplateProcessingException processing -> located = processing;
                default -> {
                    Matcher belowNull = MISSING_BELOW_NULL.matcher(Objects.requireNonNullElse(cause.getMessage(), ""));
                    if (belowNull.matches()) {
                        return missing(file, "'" + printable(belowNull.group(1)) + "' (what should hold it is null)");
                    }
                }
            }
        }
        return new UnsendableRow(
                FailureType.TEMPLATE_INVALID,
                file + " cannot be rendered with this row's payload" + where(located)
                        + ": correct the one or the other, then retry");
    }

    private static UnsendableRow missing(String file, String variable) {
        return new UnsendableRow(
                FailureType.PAYLOAD_INVALID,
                "variable " + variable + ", used by " + file + ", is missing: add it to the row's payload, then retry");
    }

    // of the causes only Thymeleaf's own message, which quotes the template; deeper ones may quote the payload
    private static String where(@Nullable TemplateProcessingException failure) {
        if (failure == null) {
            return "";
        }
        String message = String.valueOf(failure.getMessage());
        int template = message.indexOf(" (template:");
        String what = printable(template < 0 ? message : message.substring(0, template));
        return failure.getLine() == null
                ? " (" + what + ")"
                : " (line " + failure.getLine() + ", column " + failure.getCol() + ": " + what + ")";
    }

    private static String printable(String text) {
        String line = SafeText.of(text.replaceAll("\\p{Cntrl}+", " "));
        return line.length() <= 200 ? line : line.substring(0, 200) + "…";
    }

    private @Nullable TemplateFolder folder(String eventType) {
        long now = clock.millis();
        TemplateFolder known = folders.get(eventType);
        if (known != null && now - known.lookedAt() < recheckMillis && now >= known.lookedAt()) {
            return known;
        }
        TemplateFolder found = TemplateFolder.find(roots, eventType, now);
        if (found == null) {
            folders.remove(eventType);
        } else {
            folders.put(eventType, found);
        }
        return found;
    }

    /** The payload as Thymeleaf wants to see it. */
    record Variables(StrictMap payload, RenderingLimit limit) implements IContext {

        @Override
        public Locale getLocale() {
            return Locale.ENGLISH;
        }

        @Override
        public boolean containsVariable(String name) {
            return payload.containsKey(name);
        }

        @Override
        public Set<String> getVariableNames() {
            return payload.keySet();
        }

        @Override
        public @Nullable Object getVariable(String name) {
            return payload.get(name);
        }
    }

    /** Messages from the properties file beside a template; a missing one is an error instead of {@code ??key_en??}. */
    private static final class StrictMessages extends StandardMessageResolver {

        @Override
        public String createAbsentMessageRepresentation(
                ITemplateContext context, @Nullable Class<?> origin, String key, Object @Nullable [] parameters) {
            throw new UnsendableRow(
                    FailureType.TEMPLATE_INVALID,
                    "message '" + printable(key) + "' is missing beside templates/"
                            + context.getTemplateData().getTemplateResource().getDescription()
                            + ": add it to the properties file of the same name, then retry");
        }
    }
}
