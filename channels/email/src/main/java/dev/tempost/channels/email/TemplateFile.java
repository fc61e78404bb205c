package dev.tempost.channels.email;

import dev.tempost.activities.channel.UnsendableRow;
import dev.tempost.workflows.FailureType;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.thymeleaf.templateresource.ITemplateResource;

/**
 * A file below a root of templates, in UTF-8.
 *
 * @param root the root it may not leave
 * @param path the file
 */
record TemplateFile(Path root, Path path) implements ITemplateResource {

    @Override
    public String getDescription() {
        return root.relativize(path).toString();
    }

    @Override
    public String getBaseName() {
        String name = path.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot < 0 ? name : name.substring(0, dot);
    }

    @Override
    public boolean exists() {
        return path.startsWith(root) && Files.isRegularFile(path);
    }

    @Override
    public Reader reader() throws IOException {
        if (!exists()) {
            throw new NoSuchFileException(path.toString());
        }
        String text = Files.readString(path);
        if (text.contains("__") && !path.toString().endsWith(".properties") && isEvaluatedTwice(text)) {
            throw new UnsendableRow(
                    FailureType.TEMPLATE_INVALID,
                    "templates/" + getDescription() + " uses preprocessing (__${...}__), which would evaluate what the"
                            + " payload says: write the expression without it, then retry");
        }
        return new StringReader(text);
    }

    @Override
    public ITemplateResource relative(String location) {
        return new TemplateFile(root, path.resolveSibling(location).normalize());
    }

    // between two pairs of underscores an expression is evaluated twice, so a payload could bring one of its own
    private static boolean isEvaluatedTwice(String text) {
        int open = text.indexOf("__");
        int close = text.indexOf("__", open + 2);
        while (close >= 0) {
            String between = text.substring(open + 2, close);
            if (between.contains("{") && !between.contains("[[") && !between.contains("[(")) {
                return true;
            }
            open = text.indexOf("__", open + 1);
            close = text.indexOf("__", open + 2);
        }
        return false;
    }
}
