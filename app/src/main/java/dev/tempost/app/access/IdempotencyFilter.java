package dev.tempost.app.access;

import dev.tempost.outbox.access.Answers;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.ContentCachingResponseWrapper;

/**
 * Bounds what a request may bring, and answers one that comes twice with the same {@code Idempotency-Key} as it was answered the
 * first time.
 */
final class IdempotencyFilter extends OncePerRequestFilter {

    private static final int LARGEST_BODY = 1 << 20;
    private static final int LONGEST_KEY = 255;

    private final Answers answers;

    IdempotencyFilter(Answers answers) {
        this.answers = answers;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        byte[] body = request.getInputStream().readNBytes(LARGEST_BODY + 1);
        if (body.length > LARGEST_BODY) {
            Problems.write(
                    response, HttpStatus.CONTENT_TOO_LARGE, "The body has more than " + LARGEST_BODY + " bytes.");
            return;
        }
        HttpServletRequest again = new Read(request, body);
        String key = request.getHeader("Idempotency-Key");
        if (key == null) {
            chain.doFilter(again, response);
        } else if (key.isBlank() || key.length() > LONGEST_KEY) {
            Problems.write(
                    response,
                    HttpStatus.BAD_REQUEST,
                    "Idempotency-Key has " + key.length() + " characters: give it 1 to " + LONGEST_KEY
                            + ", for instance a UUID.");
        } else {
            once(key, body, again, response, chain);
        }
    }

    private void once(
            String key, byte[] body, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String actor = String.valueOf(
                Objects.requireNonNull(SecurityContextHolder.getContext().getAuthentication())
                        .getName());
        String asked = request.getMethod() + " " + request.getRequestURI() + "?" + request.getQueryString() + "\n"
                + request.getHeader("If-Match") + "\n" + new String(body, StandardCharsets.UTF_8);
        switch (answers.take(actor, key, asked)) {
            case Answers.Known.New ignored -> {
                ContentCachingResponseWrapper kept = new ContentCachingResponseWrapper(response);
                boolean done = false;
                try {
                    chain.doFilter(request, kept);
                    done = kept.getStatus() < 500;
                } finally {
                    if (done) {
                        answers.answered(
                                actor,
                                key,
                                kept.getStatus(),
                                new String(kept.getContentAsByteArray(), StandardCharsets.UTF_8));
                    } else {
                        answers.untaken(actor, key);
                    }
                    kept.copyBodyToResponse();
                }
            }
            case Answers.Known.Answered answer -> {
                response.setStatus(answer.status());
                response.setHeader("Idempotent-Replayed", "true");
                response.setContentType(answer.status() < 400 ? "application/json" : "application/problem+json");
                response.getOutputStream().write(answer.body().getBytes(StandardCharsets.UTF_8));
            }
            case Answers.Known.Unanswered ignored ->
                Problems.write(
                        response,
                        HttpStatus.CONFLICT,
                        "A request with this Idempotency-Key is being answered, or was when its process died. Look at the"
                                + " row and at /ops/audit, then ask again with another key.");
            case Answers.Known.OfAnother ignored ->
                Problems.write(
                        response,
                        HttpStatus.UNPROCESSABLE_CONTENT,
                        "This Idempotency-Key belongs to another request of yours. Take a new key for each request.");
        }
    }

    /** A request whose body was read already. */
    private static final class Read extends HttpServletRequestWrapper {

        private final byte[] body;

        Read(HttpServletRequest request, byte[] body) {
            super(request);
            this.body = body;
        }

        @Override
        public ServletInputStream getInputStream() {
            ByteArrayInputStream in = new ByteArrayInputStream(body);
            return new ServletInputStream() {
                @Override
                public boolean isFinished() {
                    return in.available() == 0;
                }

                @Override
                public boolean isReady() {
                    return true;
                }

                @Override
                public void setReadListener(ReadListener listener) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public int read() {
                    return in.read();
                }

                @Override
                public int read(byte[] into, int offset, int length) {
                    return in.read(into, offset, length);
                }
            };
        }
    }
}
