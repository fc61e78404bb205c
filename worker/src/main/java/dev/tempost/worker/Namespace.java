package dev.tempost.worker;

import dev.tempost.workflows.Attributes;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.IndexedValueType;
import io.temporal.api.operatorservice.v1.AddSearchAttributesRequest;
import io.temporal.api.operatorservice.v1.ListSearchAttributesRequest;
import io.temporal.serviceclient.OperatorServiceStubs;
import io.temporal.serviceclient.OperatorServiceStubsOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What Tempost needs to find in its Temporal namespace. It vanishes with Temporal's database, so every replica restores it. */
public final class Namespace implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Namespace.class);
    private static final long TIMEOUT_SECONDS = 10;

    private final OperatorServiceStubs operator;
    private final String namespace;
    private final Attributes attributes;

    public Namespace(WorkflowServiceStubs stubs, String namespace, Attributes attributes) {
        // the raw channel knows neither the API key nor the namespace, and both have to go with every call
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("temporal-namespace", Metadata.ASCII_STRING_MARSHALLER), namespace);
        this.operator = OperatorServiceStubs.newServiceStubs(OperatorServiceStubsOptions.newBuilder()
                .setChannel(stubs.getRawChannel())
                .setHeaders(headers)
                .setGrpcMetadataProviders(stubs.getOptions().getGrpcMetadataProviders())
                .validateAndBuildWithDefaults());
        this.namespace = namespace;
        this.attributes = attributes;
    }

    /**
     * Adds the search attributes that are missing.
     *
     * @throws StatusRuntimeException when Temporal cannot be asked
     */
    public void ensure() {
        Map<String, IndexedValueType> missing = new LinkedHashMap<>();
        missing().forEach(name -> missing.put(name, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD));
        if (missing.isEmpty()) {
            return;
        }
        try {
            operator.blockingStub()
                    .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .addSearchAttributes(AddSearchAttributesRequest.newBuilder()
                            .setNamespace(namespace)
                            .putAllSearchAttributes(missing)
                            .build());
            log.info("Added the search attributes {} to namespace {}", missing.keySet(), namespace);
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.ALREADY_EXISTS) {
                throw e;
            }
        }
    }

    /**
     * The search attributes that are missing.
     *
     * @throws StatusRuntimeException when Temporal cannot be asked
     */
    public List<String> missing() {
        Set<String> there = operator.blockingStub()
                .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .listSearchAttributes(ListSearchAttributesRequest.newBuilder()
                        .setNamespace(namespace)
                        .build())
                .getCustomAttributesMap()
                .keySet();
        return attributes.names().stream().filter(name -> !there.contains(name)).toList();
    }

    @Override
    public void close() {
        operator.shutdownNow();
    }
}
