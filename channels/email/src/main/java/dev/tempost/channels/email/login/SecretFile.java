package dev.tempost.channels.email.login;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A secret in a file that others may replace at any time.
 *
 * @param setting the property that names the file
 * @param path where it is
 */
public record SecretFile(String setting, Path path) implements Secret {

    private static final int MAX_BYTES = 16 << 10;

    /** What the file holds, without line ends at its end. */
    @Override
    public String read() throws LoginRefused {
        byte[] content;
        try (InputStream in = Files.newInputStream(path)) {
            content = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw wrong("does not exist: put the secret there");
        } catch (AccessDeniedException e) {
            throw wrong("may not be read by this process: give its user the right to");
        } catch (IOException e) {
            throw wrong("cannot be read (" + e.getClass().getSimpleName() + "): is it a file?");
        }
        if (content.length > MAX_BYTES) {
            throw wrong("has more than " + MAX_BYTES + " bytes: it holds something else than a secret");
        }
        String secret = text(content).replaceFirst("[\r\n]+$", "");
        if (secret.isBlank()) {
            throw wrong("is empty: put the secret there");
        }
        return secret;
    }

    private String text(byte[] content) throws LoginRefused {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString();
        } catch (CharacterCodingException e) {
            throw wrong("is not text in UTF-8: it holds something else than a secret");
        }
    }

    private LoginRefused wrong(String whatAndRemedy) {
        return new LoginRefused(setting + ": file " + path + " " + whatAndRemedy);
    }
}
