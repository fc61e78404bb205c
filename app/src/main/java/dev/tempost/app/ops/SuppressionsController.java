package dev.tempost.app.ops;

import dev.tempost.outbox.rows.SuppressionReason;
import dev.tempost.outbox.rows.Suppressions;
import io.swagger.v3.oas.annotations.Operation;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Addresses that get no mail. They are personal data: for operators, as all of it. */
@RestController
class SuppressionsController {

    private static final int LONGEST_NOTE = 500;

    private final Suppressions suppressions;

    SuppressionsController(Suppressions suppressions) {
        this.suppressions = suppressions;
    }

    @Operation(summary = "Addresses that get no mail, newest first. Go on while next is set.")
    @GetMapping("/ops/suppressions")
    Api.Suppressed list(
            @RequestParam(required = false) @Nullable String address,
            @RequestParam(required = false) @Nullable String tenant,
            @RequestParam(defaultValue = "9223372036854775807") long before,
            @RequestParam(defaultValue = "50") int limit) {
        List<String> spellings = address == null ? List.of() : Requests.spellings(address);
        List<Suppressions.Entry> entries = suppressions.page(spellings, tenant, before, Requests.limit(limit));
        return new Api.Suppressed(
                entries, entries.size() < limit ? null : entries.getLast().id());
    }

    @Operation(
            summary =
                    "Sends no more mail to an address, or to a domain, of one tenant or of all. How many entries are new or changed.")
    @PostMapping("/ops/suppressions")
    @ResponseStatus(HttpStatus.CREATED)
    Api.Entries create(@RequestBody Api.NewSuppression wanted, Authentication who) {
        SuppressionReason reason = Requests.suppressionReason(wanted.reason());
        OffsetDateTime expiresAt = Requests.time("expires_at", wanted.expiresAt());
        if (expiresAt != null && !expiresAt.isAfter(OffsetDateTime.now(ZoneOffset.UTC))) {
            throw Requests.refused(HttpStatus.BAD_REQUEST, "expires_at has passed: name a time to come, or none.");
        }
        String note = Requests.orNull(wanted.note());
        if (note != null && note.length() > LONGEST_NOTE) {
            throw Requests.refused(
                    HttpStatus.BAD_REQUEST, "note is longer than " + LONGEST_NOTE + " characters: shorten it.");
        }
        return new Api.Entries((int) Requests.spellings(wanted.address()).stream()
                .filter(address -> suppressions.put(
                        new Suppressions.Wanted(address, reason, Requests.orNull(wanted.tenant()), note, expiresAt),
                        who.getName()))
                .count());
    }

    @Operation(
            summary =
                    "Sends to an address again: takes it off one tenant's list, or off everybody's, for one reason or all.")
    @DeleteMapping("/ops/suppressions")
    Api.Entries remove(
            @RequestParam(required = false) @Nullable String address,
            @RequestParam(required = false) @Nullable String tenant,
            @RequestParam(required = false) @Nullable String reason,
            Authentication who) {
        SuppressionReason only = reason == null ? null : Requests.suppressionReason(reason);
        int removed = Requests.spellings(address).stream()
                .mapToInt(spelling -> suppressions.remove(spelling, only, tenant, who.getName()))
                .sum();
        if (removed == 0) {
            throw Requests.refused(
                    HttpStatus.NOT_FOUND,
                    "There is no such suppression "
                            + (tenant == null ? "of everybody's mail." : "of tenant " + tenant + "."));
        }
        return new Api.Entries(removed);
    }
}
