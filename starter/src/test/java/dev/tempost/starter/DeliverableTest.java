package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeliverableTest {

    private Set<String> down = Set.of();
    private final Deliverable deliverable = new Deliverable(Given.routing(Map.of("mail", 8, "other", 8)), () -> down);

    @Test
    void whatIsDownCountsFromTheNextLook() {
        down = Set.of("mail");
        assertThat(deliverable.beside(Set.of()).names()).containsExactlyInAnyOrder("mail", "other");

        deliverable.look();

        assertThat(deliverable.beside(Set.of()).names()).containsExactly("other");
    }

    @Test
    void whatIsFullIsLeftOutBesideWhatIsDown() {
        down = Set.of("mail");
        deliverable.look();

        assertThat(deliverable.beside(Set.of("other")).none()).isTrue();
    }
}
