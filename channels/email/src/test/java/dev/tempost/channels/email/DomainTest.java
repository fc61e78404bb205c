package dev.tempost.channels.email;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tempost.channels.email.testing.PythonOracle;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Domains against {@code idna} of Python, which has nothing of ICU in it. */
class DomainTest {

    @Example
    void aDomainGoesToWhomItNames() {
        assertThat(Domain.toAscii("faß.de")).isEqualTo("xn--fa-hia.de");
        assertThat(Domain.toAscii("Faß.DE")).isEqualTo("xn--fa-hia.de");
        assertThat(Domain.toAscii("βόλος.com")).isEqualTo("xn--nxasmm1c.com");
        assertThat(Domain.toAscii("නි\u200d.example")).isNull();
        assertThat(Domain.toAscii("ශ්\u200dරී.com")).isEqualTo("xn--10cl1a0b660p.com");
        assertThat(Domain.toAscii("EXAMPLE.com")).isEqualTo("example.com");
        assertThat(Domain.toAscii("r3---sn-x.example")).isEqualTo("r3---sn-x.example");
        assertThat(Domain.toAscii("xn--i-7iq.ws"))
                .as("whoever spells it gets it")
                .isEqualTo("xn--i-7iq.ws");
    }

    @Example
    void whatIsNoDomainIsNone() {
        for (String none : new String[] {
            "",
            ".",
            "a..b",
            ".a",
            "a.",
            "a。",
            "-a.com",
            "a-.com",
            "a_b.com",
            "a b.com",
            "[127.0.0.1]",
            "xn--a",
            "xn--fass-",
            "i❤.ws",
            "☃.com",
            "a\u0640.com",
            "\u1100.com",
            "\ud800.com",
            "x".repeat(64) + ".com",
            "aא.com"
        }) {
            assertThat(Domain.toAscii(none)).as(none).isNull();
        }
    }

    /** Letters of many scripts, with what is mapped, ignored, joined and turned round among them. */
    @Provide
    Arbitrary<String> domains() {
        Arbitrary<Integer> letters = Arbitraries.frequencyOf(
                Tuple.of(8, Arbitraries.integers().between('a', 'z')),
                Tuple.of(2, Arbitraries.of((int) '-', (int) '0', (int) '9', (int) 'A', (int) 'ß', 0x3c2, 0xb7, 0x30fb)),
                Tuple.of(
                        1, Arbitraries.of(0x200c, 0x200d, 0xad, 0x200b, 0xfe0f, 0x2060, 0x2024, 0xff0e, 0x3002, 0x5f3)),
                Tuple.of(2, Arbitraries.integers().between(0xc0, 0x24f)),
                Tuple.of(2, Arbitraries.integers().between(0x300, 0x52f)),
                Tuple.of(2, Arbitraries.integers().between(0x5d0, 0x6ff)),
                Tuple.of(1, Arbitraries.integers().between(0x900, 0xdff)),
                Tuple.of(1, Arbitraries.integers().between(0x1100, 0x11ff)),
                Tuple.of(1, Arbitraries.integers().between(0x1e00, 0x2bff)),
                Tuple.of(1, Arbitraries.integers().between(0x3040, 0x9fff)),
                Tuple.of(1, Arbitraries.integers().between(0xa000, 0x10ffff)));
        Arbitrary<String> mixed = letters.filter(Character::isDefined)
                .list()
                .ofMinSize(1)
                .ofMaxSize(8)
                .map(DomainTest::string);
        // of one script, so that more than the first bidirectional label gets through
        Arbitrary<String> oneScript = Arbitraries.of(
                        0x61, 0xe0, 0x3b1, 0x430, 0x5d0, 0x627, 0x915, 0xe01, 0x3042, 0x4e00)
                .flatMap(first -> Arbitraries.integers()
                        .between(first, first + 25)
                        .filter(Character::isDefined)
                        .list()
                        .ofMinSize(1)
                        .ofMaxSize(8)
                        .map(DomainTest::string));
        return Arbitraries.frequencyOf(Tuple.of(1, mixed), Tuple.of(1, oneScript))
                .list()
                .ofMinSize(1)
                .ofMaxSize(3)
                .map(labels -> String.join(".", labels));
    }

    @Property(tries = 3000)
    void aDomainIsWhatPythonSaysOrIsRefused(@ForAll("domains") String domain) {
        JsonNode python = PythonOracle.shared().domain(domain);
        String ours = Domain.toAscii(domain);
        // its Unicode may be older than ours
        Assume.that(!python.has("unknown"));

        if (ours == null) {
            assertThat(isStricter(domain) || python.has("refused"))
                    .as("refused: %s, which Python encodes as %s", domain, python)
                    .isTrue();
        } else {
            assertThat(python.path("ascii").asText())
                    .as("%s, of which Python says %s", domain, python)
                    .isEqualTo(ours);
        }
    }

    /**
     * Where we refuse and Python does not: a trailing dot, which no address has; and in a domain with a label that runs from right
     * to left every label must keep to the rule for those (RFC 5893), of which Python asks only the label itself.
     */
    private static boolean isStricter(String domain) {
        String unicode = Domain.toUnicode(domain);
        return unicode.endsWith(".")
                || unicode.codePoints().anyMatch(c -> switch (Character.getDirectionality(c)) {
                    case Character.DIRECTIONALITY_RIGHT_TO_LEFT,
                            Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC,
                            Character.DIRECTIONALITY_ARABIC_NUMBER -> true;
                    default -> false;
                });
    }

    private static String string(Iterable<Integer> codePoints) {
        var text = new StringBuilder();
        codePoints.forEach(text::appendCodePoint);
        return text.toString();
    }
}
