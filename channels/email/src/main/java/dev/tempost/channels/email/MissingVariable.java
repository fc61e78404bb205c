package dev.tempost.channels.email;

/** A template asked for something the payload does not have. */
final class MissingVariable extends RuntimeException {

    private final String path;

    MissingVariable(String path) {
        super(path, null, false, false);
        this.path = path;
    }

    String path() {
        return path;
    }
}
