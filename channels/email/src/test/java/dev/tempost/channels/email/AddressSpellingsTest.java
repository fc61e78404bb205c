package dev.tempost.channels.email;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressSpellingsTest {

    @Test
    void aDomainBeyondAsciiHasTwoSpellings() {
        assertThat(AddressSpellings.of("Ann@B\u00dcCHER.example"))
                .isEqualTo(AddressSpellings.of("ann@xn--bcher-kva.example"))
                .containsExactly("ann@xn--bcher-kva.example", "ann@b\u00fccher.example");
        assertThat(AddressSpellings.of("@b\u00fccher.example"))
                .containsExactly("@xn--bcher-kva.example", "@b\u00fccher.example");
    }

    @Test
    void anyOtherHasOne() {
        assertThat(AddressSpellings.of("Ann.Smith+x@Example.ORG")).containsExactly("ann.smith+x@example.org");
        assertThat(AddressSpellings.of("@Example.org")).containsExactly("@example.org");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ann",
                "@",
                "@exa mple.org",
                "Ann <ann@example.org>",
                "ann@example.org (at home)",
                "ann@example.org,",
                "ann@-.org\u0000"
            })
    void whatIsNeitherIsRefusedAndNotQuoted(String text) {
        assertThatThrownBy(() -> AddressSpellings.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("ann@"));
    }
}
