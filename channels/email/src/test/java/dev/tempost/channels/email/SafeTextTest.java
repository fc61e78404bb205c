package dev.tempost.channels.email;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class SafeTextTest {

    @Example
    void whatCannotBeSeenIsSpelledOut() {
        assertThat(SafeText.of("Grüße, 用户 🎉")).isEqualTo("Grüße, 用户 🎉");
        assertThat(SafeText.of("a\u001b[2Jb\r\nc")).isEqualTo("a\\u{001B}[2Jb\\u{000D}\\u{000A}c");
        assertThat(SafeText.of("user\u202egpj.exe")).isEqualTo("user\\u{202E}gpj.exe");
        assertThat(SafeText.of("a\u200bb\u00a0c\u2028\ud800")).isEqualTo("a\\u{200B}b\\u{00A0}c\\u{2028}\\u{D800}");
    }

    @Example
    void aDomainThatReadsAsItselfIsShownAsItIs() {
        assertThat(SafeText.address("ann@bücher.example")).isEqualTo("ann@bücher.example");
        assertThat(SafeText.address("ann@faß.de")).isEqualTo("ann@faß.de");
        assertThat(SafeText.address("用户@例え.テスト")).isEqualTo("用户@例え.テスト");
        assertThat(SafeText.address("ann@почта.рус")).isEqualTo("ann@почта.рус");
        assertThat(SafeText.address("ann@EXAMPLE.com")).isEqualTo("ann@EXAMPLE.com");
    }

    @Example
    void aDomainThatCouldBeTakenForAnotherIsShownInAscii() {
        assertThat(SafeText.address("ann@pаypal.com")).as("a Cyrillic а").isEqualTo("ann@xn--pypal-4ve.com");
        assertThat(SafeText.address("ann@аррӏе.com")).as("all Cyrillic").isEqualTo("ann@xn--80ak6aa92e.com");
        assertThat(SafeText.address("ann@xn--80ak6aa92e.com")).isEqualTo("ann@xn--80ak6aa92e.com");
    }

    @Example
    void aDomainWithAnythingInvisibleIsShownInAscii() {
        assertThat(SafeText.address("ann@\u0cdc.example"))
                .as("a letter of Unicode 17")
                .isEqualTo("ann@xn--ouc.example");
        assertThat(SafeText.address("ann@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example"))
                .as("a joiner where it is allowed")
                .isEqualTo("ann@xn--mgba3gch31f060k.example");
    }

    @Example
    void whatIsNoAddressIsStillReadable() {
        assertThat(SafeText.address("")).isEmpty();
        assertThat(SafeText.address("an\u202en@exa\u202emple.com")).isEqualTo("an\\u{202E}n@exa\\u{202E}mple.com");
        assertThat(SafeText.address("nobody\u0007")).isEqualTo("nobody\\u{0007}");
    }

    @Property(tries = 1000)
    void nothingInvisibleIsEverShown(@ForAll String local, @ForAll String domain) {
        assertThat(SafeText.address(local + "@" + domain).codePoints()).noneMatch(SafeText::isInvisible);
        assertThat(SafeText.of(local).codePoints()).noneMatch(SafeText::isInvisible);
    }
}
