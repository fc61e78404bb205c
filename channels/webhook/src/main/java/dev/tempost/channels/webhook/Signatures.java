package dev.tempost.channels.webhook;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookSigningException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/** Signs as Standard Webhooks has it, with each secret: while secrets change, receivers know the old one or the new one. */
final class Signatures {

    private static final int SHORTEST = 24;
    private static final int LONGEST = 64;
    private static final int MOST = 4;

    private final List<Webhook> signers;

    private Signatures(List<Webhook> signers) {
        this.signers = signers;
    }

    /**
     * @param secrets as Standard Webhooks writes them, with or without {@code whsec_} in front
     * @throws IllegalArgumentException naming the one that is of no use, without any of it
     */
    static Signatures of(List<String> secrets) {
        WebhookProvider.require(secrets.size() <= MOST, "secrets", "are more than " + MOST + ": take out the oldest");
        List<Webhook> signers = new ArrayList<>();
        for (int i = 0; i < secrets.size(); i++) {
            String wrong = "is no secret: write whsec_ and " + SHORTEST + " to " + LONGEST
                    + " random bytes in Base64, as by echo whsec_$(openssl rand -base64 32)";
            try {
                String secret = secrets.get(i).strip();
                int bytes = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", "")).length;
                WebhookProvider.require(bytes >= SHORTEST && bytes <= LONGEST, "secrets[" + i + "]", wrong);
                signers.add(new Webhook(secret));
            } catch (EmptyWebhookSecretException | IllegalArgumentException e) {
                // the decoder's own message quotes a character
                throw new IllegalArgumentException("secrets[" + i + "] " + wrong);
            }
        }
        return new Signatures(List.copyOf(signers));
    }

    boolean none() {
        return signers.isEmpty();
    }

    /** The header's value. */
    String of(String id, Instant at, String body) {
        return signers.stream().map(signer -> sign(signer, id, at, body)).collect(Collectors.joining(" "));
    }

    private static String sign(Webhook signer, String id, Instant at, String body) {
        try {
            return signer.sign(id, at.getEpochSecond(), body);
        } catch (WebhookSigningException e) {
            throw new IllegalStateException("this JVM cannot sign", e);
        }
    }
}
