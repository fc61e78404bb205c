package dev.tempost.workflows;

import org.jspecify.annotations.Nullable;

/**
 * The proof of an acceptance.
 *
 * @param attempt the ledger's number of the attempt
 * @param provider who accepted it
 * @param reply what the provider said, without personal data
 * @param providerMessageId the provider's name for the message; null where it gave none
 */
public record Receipt(
        int attempt,
        String provider,
        String reply,
        @Nullable String providerMessageId) {}
