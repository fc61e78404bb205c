package dev.tempost.channels.email;

import java.io.Writer;

/**
 * How much one rendering of a mail may write, all of its parts together, and how many elements it may pass, written or not: a template
 * that nests loops makes any amount of a small payload. It ends while it writes, and not after.
 */
final class RenderingLimit {

    /** What no mail may exceed. */
    static final int MAX_CHARACTERS = 1 << 20;

    static final int MAX_ELEMENTS = 250_000;

    /** The limit was reached. */
    static final class Reached extends RuntimeException {

        Reached(String what) {
            super(what, null, false, false);
        }
    }

    private final int characters;
    private int written;
    private int passed;

    RenderingLimit(int characters) {
        this.characters = characters;
    }

    /** Whether another rendering might be allowed more. */
    boolean mayBeRaised() {
        return characters < MAX_CHARACTERS && passed < MAX_ELEMENTS;
    }

    void passElement() {
        if (++passed >= MAX_ELEMENTS) {
            throw new Reached("passes " + MAX_ELEMENTS + " elements");
        }
    }

    /** Counts what is written into the text it makes. */
    Writer writer(StringBuilder text) {
        return new Writer() {

            @Override
            public void write(int c) {
                count(1);
                text.append((char) c);
            }

            @Override
            public void write(char[] from, int offset, int length) {
                count(length);
                text.append(from, offset, length);
            }

            @Override
            public void write(String from, int offset, int length) {
                count(length);
                text.append(from, offset, offset + length);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }

    private void count(int length) {
        if (length > characters - written) {
            throw new Reached("writes more than " + characters + " characters");
        }
        written += length;
    }
}
