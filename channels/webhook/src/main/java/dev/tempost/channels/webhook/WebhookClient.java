package dev.tempost.channels.webhook;

import dev.tempost.activities.channel.Transmission;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.io.ConnectionEndpoint;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.io.Closer;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/** The connections to one provider, and what goes over them. No redirect, no cookie, no retry of its own. */
final class WebhookClient implements AutoCloseable {

    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(10);
    private static final TimeValue IDLE = TimeValue.ofSeconds(20);
    private static final TimeValue LIFETIME = TimeValue.ofMinutes(5);
    // a connection is looked at before each request: one that the receiver has closed would leave its outcome unknown
    private static final TimeValue TRUSTED = TimeValue.ZERO_MILLISECONDS;
    private static final int LONGEST_LINE = 16 << 10;
    private static final int MOST_HEADERS = 200;
    private static final int SHOWN = 4 << 10;
    private static final int LONGEST_BODY = 64 << 10;
    // its status is known: what it says beside that is not worth a place at the provider
    private static final Duration LONGEST_READ = Duration.ofSeconds(2);

    // one for all and never shut down: a send that goes on while its provider is closed still needs it
    private static final ScheduledThreadPoolExecutor TIMER = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("webhook-timeouts").factory());

    static {
        TIMER.setRemoveOnCancelPolicy(true);
    }

    private final WebhookProvider provider;
    private final GuardedResolver resolver;
    private final SSLContext tls;
    private final InstantSource clock;
    private final Timeout connectTimeout;
    private final CloseableHttpClient client;
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile boolean closed;

    WebhookClient(WebhookProvider provider, GuardedResolver.Names names, SSLContext tls, InstantSource clock) {
        this.provider = provider;
        this.resolver = new GuardedResolver(names, provider.allowPrivate());
        this.tls = tls;
        this.clock = clock;
        this.connectTimeout =
                Timeout.of(provider.timeout().compareTo(LONGEST_CONNECT) < 0 ? provider.timeout() : LONGEST_CONNECT);
        this.client = HttpClientBuilder.create()
                .setConnectionManager(connections(provider.maxConnections()))
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setConnectionRequestTimeout(connectTimeout)
                        .setResponseTimeout(Timeout.of(provider.timeout()))
                        .setProtocolUpgradeEnabled(false)
                        .build())
                .setUserAgent("Tempost")
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableContentCompression()
                .disableAuthCaching()
                .disableConnectionState()
                .evictExpiredConnections()
                .evictIdleConnections(IDLE)
                .build();
    }

    private PoolingHttpClientConnectionManager connections(int most) {
        return PoolingHttpClientConnectionManagerBuilder.create()
                .setDnsResolver(resolver)
                .setTlsSocketStrategy(new DefaultClientTlsStrategy(tls))
                .setMaxConnTotal(most)
                .setMaxConnPerRoute(most)
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(connectTimeout)
                        .setSocketTimeout(Timeout.of(provider.timeout()))
                        .setTimeToLive(LIFETIME)
                        .setValidateAfterInactivity(TRUSTED)
                        .build())
                .setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
                        .http1Config(Http1Config.custom()
                                .setMaxLineLength(LONGEST_LINE)
                                .setMaxHeaderCount(MOST_HEADERS)
                                .build())
                        .build())
                .build();
    }

    WebhookEnd send(
            WebAddress to, Map<String, String> headers, byte[] content, String contentType, Transmission transmission) {
        HttpPost request = new HttpPost(to.uri());
        headers.forEach(request::addHeader);
        RequestBody body = new RequestBody(content, contentType, transmission);
        request.setEntity(body);
        transmission.closeAtDeadline(request::cancel);
        underWay.incrementAndGet();
        try {
            return answered(client.executeOpen(host(to), request, HttpClientContext.create()), request);
        } catch (ConnectionRequestTimeoutException e) {
            return new WebhookEnd.Busy(provider.maxConnections());
        } catch (IOException e) {
            return broken(body, request.isAborted() ? pastDeadline() : e);
        } catch (IllegalStateException e) {
            // the client finds that its connection was taken away
            if (!request.isAborted()) {
                throw e;
            }
            return broken(body, pastDeadline());
        } finally {
            if (underWay.decrementAndGet() == 0 && closed) {
                client.close(CloseMode.GRACEFUL);
            }
        }
    }

    private static IOException pastDeadline() {
        return new SocketTimeoutException("the attempt's deadline has passed");
    }

    private static WebhookEnd broken(RequestBody body, IOException cause) {
        if (body.refused()) {
            return new WebhookEnd.NotBegun();
        }
        return body.begun() ? new WebhookEnd.Lost(cause) : new WebhookEnd.Unreached(cause);
    }

    private WebhookEnd answered(ClassicHttpResponse response, HttpPost request) {
        try {
            Header asked = response.getFirstHeader(HttpHeaders.RETRY_AFTER);
            return new WebhookEnd.Answered(
                    response.getCode(),
                    RetryAfter.in(asked == null ? null : asked.getValue(), clock.instant()),
                    said(response, request));
        } finally {
            Closer.closeQuietly(response);
        }
    }

    private static HttpHost host(WebAddress to) {
        return new HttpHost(to.secure() ? "https" : "http", to.host(), to.port());
    }

    /** The beginning of what the answer says. Read to its end where that is near, so that the connection can be used again. */
    private static String said(ClassicHttpResponse response, HttpPost request) {
        HttpEntity entity = response.getEntity();
        if (entity == null) {
            return "";
        }
        Future<?> patience = TIMER.schedule(request::cancel, LONGEST_READ.toMillis(), TimeUnit.MILLISECONDS);
        byte[] beginning = new byte[0];
        try {
            InputStream in = entity.getContent();
            beginning = in.readNBytes(SHOWN);
            if (in.readNBytes(LONGEST_BODY - SHOWN).length == LONGEST_BODY - SHOWN) {
                request.cancel();
            }
        } catch (IOException e) {
            // what it decided was said before
        } finally {
            patience.cancel(false);
        }
        return new String(beginning, StandardCharsets.UTF_8);
    }

    /** Opens a connection of its own and closes it again; null when all went well. */
    @Nullable
    WebhookEnd probe() {
        WebAddress to = provider.address();
        try (PoolingHttpClientConnectionManager own = connections(1)) {
            Future<?> patience = TIMER.schedule(
                    () -> own.close(CloseMode.IMMEDIATE), 2 * connectTimeout.toMilliseconds(), TimeUnit.MILLISECONDS);
            try {
                ConnectionEndpoint endpoint = own.lease(
                                "probe", new HttpRoute(host(to), null, to.secure()), connectTimeout, null)
                        .get(connectTimeout);
                own.connect(endpoint, connectTimeout, HttpClientContext.create());
                endpoint.close(CloseMode.GRACEFUL);
                return null;
            } finally {
                patience.cancel(false);
            }
        } catch (IOException e) {
            return new WebhookEnd.Unreached(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new WebhookEnd.Unreached(new InterruptedIOException("interrupted"));
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("no room in a pool of its own", e);
        }
    }

    /** Closes what is idle now, and the rest once nothing is being sent any more. */
    @Override
    public void close() {
        closed = true;
        if (underWay.get() == 0) {
            client.close(CloseMode.GRACEFUL);
        }
    }
}
