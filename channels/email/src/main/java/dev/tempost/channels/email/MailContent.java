package dev.tempost.channels.email;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/** A whole message, kept in pieces so that it never takes up more than its size, and no larger than it may be. */
final class MailContent extends OutputStream {

    /** The message is larger than it may be. */
    static final class TooLarge extends RuntimeException {

        TooLarge() {
            super("too large", null, false, false);
        }
    }

    private static final int FIRST_PIECE = 4 << 10;
    private static final int LARGEST_PIECE = 64 << 10;

    private final int limit;
    private final List<byte[]> full = new ArrayList<>();
    private byte[] piece = new byte[FIRST_PIECE];
    private int used;
    private int before;

    MailContent(int limit) {
        this.limit = limit;
    }

    @Override
    public void write(int b) {
        if (used == piece.length) {
            full.add(piece);
            before += used;
            piece = new byte[Math.min(2 * piece.length, LARGEST_PIECE)];
            used = 0;
        }
        if (size() == limit) {
            throw new TooLarge();
        }
        piece[used++] = (byte) b;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            write(bytes[i]);
        }
    }

    int size() {
        return before + used;
    }

    void writeTo(OutputStream out) throws IOException {
        for (byte[] each : full) {
            out.write(each);
        }
        out.write(piece, 0, used);
    }
}
