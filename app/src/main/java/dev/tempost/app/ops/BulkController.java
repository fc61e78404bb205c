package dev.tempost.app.ops;

import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.RowSearch;
import io.swagger.v3.oas.annotations.Operation;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/** The same to all rows that match a filter. */
@RestController
class BulkController {

    private final Operations operations;

    BulkController(Operations operations) {
        this.operations = operations;
    }

    @Operation(summary = "How many rows an action would be done to, and the newest of them. Does nothing.")
    @PostMapping("/ops/bulk/preview")
    BulkActions.Preview preview(@RequestBody Api.NewBulkAction wanted) {
        return operations.bulk().preview(Requests.action(wanted.action()), filter(wanted));
    }

    @Operation(
            summary =
                    "Does it, in the background, row by row with the guards of one; goes on after a crash. Rows inserted later are left alone.")
    @PostMapping("/ops/bulk")
    @ResponseStatus(HttpStatus.ACCEPTED)
    BulkActions.Progress create(@RequestBody Api.NewBulkAction wanted, Authentication who) {
        BulkActions.Action action = Requests.action(wanted.action());
        return operations
                .bulk()
                .create(
                        action,
                        filter(wanted),
                        patch(action, wanted.patch()),
                        Requests.reason(wanted.reason()),
                        who.getName(),
                        Requests.perSecond(wanted.perSecond()));
    }

    private static RowSearch.Filter filter(Api.NewBulkAction wanted) {
        Api.Filter filter = wanted.filter();
        if (filter == null) {
            throw Requests.refused(
                    HttpStatus.BAD_REQUEST, "filter is missing: say which rows. An empty one, {}, means all.");
        }
        return filter.read();
    }

    private static @Nullable String patch(BulkActions.Action action, @Nullable JsonNode patch) {
        boolean needed = action == BulkActions.Action.CORRECT;
        if (needed != (patch != null && patch.isObject())) {
            throw Requests.refused(
                    HttpStatus.BAD_REQUEST,
                    needed
                            ? "patch is missing, or no JSON object: give the keys of the payload that are replaced."
                            : "patch means nothing here: only action correct takes one.");
        }
        return patch == null ? null : patch.toString();
    }

    @Operation(summary = "The bulk actions, newest first, and how far each came.")
    @GetMapping("/ops/bulk")
    List<BulkActions.Progress> list(@RequestParam(defaultValue = "50") int limit) {
        return operations.bulk().list(Requests.limit(limit));
    }

    @Operation(summary = "How far a bulk action came.")
    @GetMapping("/ops/bulk/{id}")
    BulkActions.Progress show(@PathVariable UUID id) {
        return operations.bulkAction(id);
    }

    @Operation(summary = "Stops a bulk action before its next step. What it did stays done.")
    @PostMapping("/ops/bulk/{id}/cancel")
    BulkActions.Progress cancel(@PathVariable UUID id, Authentication who) {
        return operations.cancelBulkAction(id, who.getName());
    }
}
