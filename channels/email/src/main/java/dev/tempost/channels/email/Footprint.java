package dev.tempost.channels.email;

/** How many bytes of the heap a message takes up, at most, told from its text before anything is made of it. */
final class Footprint {

    // the text itself; its strings, as they are and escaped for HTML; its words, which no reply may repeat
    private static final int CHARACTER = 12;
    // an object with its table, an array with its slots, and what each comma brings: an entry, a boxed number
    private static final int OBJECT = 160;
    private static final int ARRAY = 120;
    private static final int VALUE = 80;

    /** A rendered character: in the builder that grows, in the string it becomes, and encoded. */
    static final int RENDERED = 8;

    private Footprint() {}

    /** Of a JSON text and of what is read from it. */
    static long of(String json) {
        long bytes = (long) CHARACTER * json.length();
        for (int i = 0; i < json.length(); i++) {
            switch (json.charAt(i)) {
                case '{' -> bytes += OBJECT;
                case '[' -> bytes += ARRAY;
                case ',' -> bytes += VALUE;
                default -> {}
            }
        }
        return bytes;
    }
}
