package dev.tempost.channels.webhook;

import dev.tempost.activities.channel.Transmission;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;

/** A request's body, which asks whether it may be sent before its first byte goes out. */
final class RequestBody extends AbstractHttpEntity {

    private final byte[] content;
    private final Transmission transmission;
    private boolean asked;
    private boolean begun;

    RequestBody(byte[] content, String contentType, Transmission transmission) {
        super(ContentType.create(contentType), null);
        this.content = content;
        this.transmission = transmission;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        asked = true;
        begun = transmission.begin();
        if (!begun) {
            // the head is still in the client's buffer; the connection is closed with it
            throw new InterruptedIOException("the attempt may no longer send");
        }
        out.write(content);
    }

    /** Whether something may have been written. */
    boolean begun() {
        return begun;
    }

    /** Whether it was told that it may not. */
    boolean refused() {
        return asked && !begun;
    }

    @Override
    public boolean isRepeatable() {
        return false;
    }

    @Override
    public boolean isStreaming() {
        return false;
    }

    @Override
    public long getContentLength() {
        return content.length;
    }

    @Override
    public InputStream getContent() {
        return new ByteArrayInputStream(content);
    }

    @Override
    public void close() {}
}
