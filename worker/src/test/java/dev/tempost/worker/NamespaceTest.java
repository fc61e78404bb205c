package dev.tempost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.workflows.Attributes;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.temporal.api.enums.v1.IndexedValueType;
import io.temporal.api.operatorservice.v1.AddSearchAttributesRequest;
import io.temporal.api.operatorservice.v1.AddSearchAttributesResponse;
import io.temporal.api.operatorservice.v1.ListSearchAttributesRequest;
import io.temporal.api.operatorservice.v1.ListSearchAttributesResponse;
import io.temporal.api.operatorservice.v1.OperatorServiceGrpc.OperatorServiceImplBase;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NamespaceTest {

    private static final IndexedValueType KEYWORD = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;

    private final Map<String, IndexedValueType> attributes = new ConcurrentSkipListMap<>();
    private final List<AddSearchAttributesRequest> added = new CopyOnWriteArrayList<>();
    private volatile @Nullable Status refusal;
    private final FakeTemporal temporal = new FakeTemporal(new Operator());
    private final Namespace namespace = new Namespace(temporal.stubs(), "mail", Attributes.withPrefix("Acme"));

    @AfterEach
    void close() {
        namespace.close();
        temporal.close();
    }

    @Test
    void theAttributesThatAreMissingAreAddedUnderTheirPrefix() {
        attributes.put("AcmeTenant", KEYWORD);
        assertThat(namespace.missing()).containsExactly("AcmeEventType", "AcmeJob", "AcmeFailureType");

        namespace.ensure();

        assertThat(attributes)
                .isEqualTo(Map.of(
                        "AcmeTenant",
                        KEYWORD,
                        "AcmeEventType",
                        KEYWORD,
                        "AcmeJob",
                        KEYWORD,
                        "AcmeFailureType",
                        KEYWORD));
        assertThat(added)
                .singleElement()
                .satisfies(request -> assertThat(request.getNamespace()).isEqualTo("mail"));
        assertThat(namespace.missing()).isEmpty();
    }

    @Test
    void nothingIsAddedToANamespaceThatHasThemAll() {
        namespace.ensure();

        namespace.ensure();

        assertThat(added).hasSize(1);
    }

    @Test
    void anotherReplicaMayBeFaster() {
        refusal = Status.ALREADY_EXISTS;

        namespace.ensure();

        assertThat(added).hasSize(1);
    }

    @Test
    void anyOtherRefusalIsPassedOn() {
        refusal = Status.PERMISSION_DENIED.withDescription("not your namespace");

        assertThatThrownBy(namespace::ensure)
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("not your namespace");
    }

    private final class Operator extends OperatorServiceImplBase {
        @Override
        public void listSearchAttributes(
                ListSearchAttributesRequest request, StreamObserver<ListSearchAttributesResponse> response) {
            response.onNext(ListSearchAttributesResponse.newBuilder()
                    .putAllCustomAttributes(attributes)
                    .build());
            response.onCompleted();
        }

        @Override
        public void addSearchAttributes(
                AddSearchAttributesRequest request, StreamObserver<AddSearchAttributesResponse> response) {
            added.add(request);
            Status status = refusal;
            if (status != null) {
                response.onError(status.asRuntimeException());
                return;
            }
            attributes.putAll(request.getSearchAttributesMap());
            response.onNext(AddSearchAttributesResponse.getDefaultInstance());
            response.onCompleted();
        }
    }
}
