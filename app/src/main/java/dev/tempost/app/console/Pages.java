package dev.tempost.app.console;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.thymeleaf.TemplateEngine;
import org.thymeleaf.context.Context;
import org.thymeleaf.templatemode.TemplateMode;
import org.thymeleaf.templateresolver.ClassLoaderTemplateResolver;

/** Renders pages, and answers with headers that let neither them nor a mail's HTML load or run what is not ours. */
public final class Pages {

    private static final String OWN_PAGE = "default-src 'none'; style-src 'self'; script-src 'self'; "
            + "connect-src 'self'; frame-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
            + "frame-ancestors 'none'";
    private static final String MAILED_HTML = "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
            + "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";
    private static final MediaType HTML = MediaType.parseMediaType("text/html;charset=UTF-8");

    private final String folder;
    private final TemplateEngine templates;

    /** @param folder where templates and assets are on the class path, with a slash at its end */
    public Pages(String folder) {
        this.folder = folder;
        this.templates = templates(folder);
    }

    /**
     * A page of our own.
     *
     * @param fragments parts of the template, which alone are rendered; empty for all of it
     */
    public ResponseEntity<String> page(
            HttpStatus status, String template, Set<String> fragments, Map<String, ? extends @Nullable Object> model) {
        Context context = new Context(Locale.ENGLISH);
        model.forEach(context::setVariable);
        return secured(status, OWN_PAGE, HTML).body(templates.process(template, fragments, context));
    }

    /** What a mail brought, not to be trusted. */
    public static ResponseEntity<String> mailed(String html) {
        return secured(HttpStatus.OK, MAILED_HTML, HTML).body(html);
    }

    /** To one who has the page already. */
    public static ResponseEntity<String> unchanged() {
        return ResponseEntity.status(HttpStatus.NOT_MODIFIED)
                .header("Content-Security-Policy", OWN_PAGE)
                .build();
    }

    /** A file of the folder. */
    public ResponseEntity<byte[]> asset(String name, MediaType type) throws IOException {
        return file(folder + name, type);
    }

    /** A file on the class path. */
    static ResponseEntity<byte[]> file(String path, MediaType type) throws IOException {
        try (InputStream content = new ClassPathResource(path).getInputStream()) {
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

    private static TemplateEngine templates(String folder) {
        ClassLoaderTemplateResolver resolver = new ClassLoaderTemplateResolver(Pages.class.getClassLoader());
        resolver.setPrefix(folder);
        resolver.setSuffix(".html");
        resolver.setTemplateMode(TemplateMode.HTML);
        resolver.setCharacterEncoding("UTF-8");
        TemplateEngine engine = new TemplateEngine();
        engine.setTemplateResolver(resolver);
        return engine;
    }
}
