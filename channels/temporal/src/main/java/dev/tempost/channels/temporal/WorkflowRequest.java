package dev.tempost.channels.temporal;

import com.google.protobuf.ByteString;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.UnsendableRow;
import io.temporal.api.common.v1.Memo;
import io.temporal.api.common.v1.Payload;
import io.temporal.api.common.v1.Payloads;
import java.util.List;

/**
 * What a row asks of Temporal.
 *
 * @param requestId the row's key: what Temporal knows one request from another by
 * @param workflowId the workflow it is about
 * @param arguments what it is told
 * @param memo which row it was, for whoever looks at the workflow
 */
record WorkflowRequest(String requestId, String workflowId, Payloads arguments, Memo memo) {

    static final String MEMO_ID = "tempost_outbox_id";
    static final String MEMO_KEY = "tempost_outbox_key";

    /** @throws UnsendableRow when the row cannot become one */
    static WorkflowRequest of(OutgoingMessage row, WorkflowProvider provider) {
        if (OutgoingMessage.isTooLarge(row.payload())) {
            throw UnsendableRow.payload("has more than " + OutgoingMessage.MAX_BYTES + " bytes: make it smaller");
        }
        ByteString payload = ByteString.copyFromUtf8(row.payload());
        List<ByteString> arguments = switch (provider.arguments()) {
            case PAYLOAD -> List.of(payload);
            case LIST ->
                PayloadReader.arguments(row.payload()).stream()
                        .map(ByteString::copyFromUtf8)
                        .toList();
        };
        String key = row.key().toString();
        String workflowId = provider.workflowId()
                .of(
                        row,
                        PayloadReader.texts(row.payload(), provider.workflowId().fields()));
        return new WorkflowRequest(
                key,
                workflowId,
                Payloads.newBuilder()
                        .addAllPayloads(
                                arguments.stream().map(WorkflowRequest::json).toList())
                        .build(),
                Memo.newBuilder()
                        .putFields(MEMO_ID, json(ByteString.copyFromUtf8(Long.toString(row.id()))))
                        .putFields(MEMO_KEY, memoOf(key))
                        .build());
    }

    static Payload memoOf(String key) {
        return json(ByteString.copyFromUtf8("\"" + key + "\""));
    }

    /** As every SDK's default converter writes it. */
    private static Payload json(ByteString text) {
        return Payload.newBuilder()
                .putMetadata("encoding", ByteString.copyFromUtf8("json/plain"))
                .setData(text)
                .build();
    }
}
