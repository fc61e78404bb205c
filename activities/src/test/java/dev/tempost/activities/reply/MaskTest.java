package dev.tempost.activities.reply;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What a server says of a mail, shown without what the mail says of a person. */
class MaskTest {

    private static final String PRINTABLE = "[ -~]*…?";
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9]+");
    private static final Pattern CODE =
            Pattern.compile("^[2-5]\\d\\d(?:[ -]|$)|(?<![\\w.])[245]\\.\\d{1,3}\\.\\d{1,3}(?![\\w.])");

    @Provide
    Arbitrary<String> localParts() {
        Arbitrary<String> letters = Arbitraries.strings()
                .withChars("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789")
                .ofMinLength(1)
                .ofMaxLength(12);
        Arbitrary<String> signs = Arbitraries.of(".", "-", "_", "+", "'", "=", "");
        Arbitrary<String> composed =
                Combinators.combine(letters, signs, letters).as((a, sign, b) -> a + sign + b);
        return Arbitraries.oneOf(
                letters, composed, Arbitraries.of("mailbox", "user", "will", "info", "zoë", "用户", "a", "no-reply"));
    }

    @Provide
    Arbitrary<String> secrets() {
        return Arbitraries.oneOf(
                Arbitraries.strings().withCharRange('a', 'z').ofMinLength(5).ofMaxLength(20),
                Arbitraries.strings().numeric().ofMinLength(3).ofMaxLength(12),
                Arbitraries.strings()
                        .withChars("ABCDEFG0123456789")
                        .ofMinLength(4)
                        .ofMaxLength(10),
                Arbitraries.of(
                        "Zoë Müller",
                        "O'Neil",
                        "19.90",
                        "https://example.com/reset?t=4kQ9zZ",
                        "Quetzalcoatl",
                        "+49 171 1234567",
                        "DE89 3704 0044 0532 0130 00",
                        "2026-11-22"));
    }

    /** The ways servers are known to write back what they were told, and some more. */
    private static List<String> echoes(String text) {
        String half = text.substring(0, text.length() / 2);
        return List.of(
                text,
                "<" + text + ">",
                "\"" + text + "\"",
                "'" + text + "'",
                "(" + text + ")",
                "[" + text + "]:",
                text.toUpperCase(Locale.ROOT),
                text.toLowerCase(Locale.ROOT),
                URLEncoder.encode(text, StandardCharsets.UTF_8),
                "https://example.net/unblock?who=" + URLEncoder.encode(text, StandardCharsets.UTF_8),
                "SRS0=HHH=TT=example.com=" + text + "@example.net",
                "prvs=1234567890=" + text,
                "bounces+12-" + text.replace('@', '=') + "@example.net",
                text.replace('@', ' '),
                text.replace(".", " . "),
                text + "\u200b",
                "\u202e" + text,
                "=?UTF-8?B?" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)) + "?=",
                HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8)),
                new StringBuilder(text).reverse().toString(),
                "Subject:" + text,
                "subject=" + text + ";",
                "x" + text,
                text + "x",
                text + "," + text,
                half + "\r\n550 5.1.1 " + text.substring(half.length()));
    }

    @Property(tries = 2000)
    void noSpellingOfTheRecipientIsShown(@ForAll("localParts") String local) {
        String address = local + "@example.com";
        var mask = new Mask(Personal.of(address, List.of()));
        for (String echo : echoes(address)) {
            for (String reply : replies(echo)) {
                String shown = mask.apply(reply);
                assertHarmless(shown);
                assertThat(words(shown))
                        .as(reply)
                        .doesNotContainAnyElementsOf(wordsOf(local))
                        .doesNotContain("example", "com");
            }
        }
        for (String echo : echoes(local)) {
            for (String reply : replies(echo)) {
                assertThat(words(mask.apply(reply))).as(reply).doesNotContainAnyElementsOf(wordsOf(local));
            }
        }
    }

    @Property(tries = 2000)
    void nothingOfThePayloadIsShown(@ForAll("secrets") String secret) {
        var mask = new Mask(Personal.of(
                "ann@example.com",
                Map.of("list", List.of(Map.of("inner", secret))).values()));
        for (String echo : echoes(secret)) {
            for (String reply : replies(echo)) {
                String shown = mask.apply(reply);
                assertHarmless(shown);
                assertThat(words(shown)).as(reply).doesNotContainAnyElementsOf(wordsOf(secret));
                String id = mask.queuedAs(reply);
                assertThat(id == null ? "" : id).as(reply).doesNotContainIgnoringCase(secret);
            }
        }
    }

    @Property(tries = 1000)
    void onlyWhatIsKnownToBeHarmlessIsShown(@ForAll String anything, @ForAll("secrets") String secret) {
        var mask = new Mask(
                Personal.of(secret + "@example.com", Map.of("text", anything).values()));
        for (String reply :
                List.of(anything, secret + anything, "250 2.0.0 " + anything, "550-" + anything + "\n550 x")) {
            assertHarmless(mask.apply(reply));
        }
    }

    private static List<String> replies(String echo) {
        return List.of(
                echo,
                "550 5.1.1 " + echo + " user unknown",
                "550 " + echo + ": Recipient address rejected",
                "554-5.7.1 Your message (" + echo + ") was refused\r\n554 5.7.1 see " + echo,
                "250 2.0.0 Ok: queued as " + echo,
                "250 OK id=" + echo,
                "451 4.7.1 " + echo + " greylisted, try again in 300 seconds");
    }

    private static void assertHarmless(String shown) {
        assertThat(shown)
                .hasSizeLessThanOrEqualTo(Mask.MAX_LENGTH)
                .matches(PRINTABLE)
                .doesNotContain("@", "%", "//");
    }

    private static List<String> words(String shown) {
        String text = CODE.matcher(shown.replace("<masked>", " ")).replaceAll(" ");
        return WORD.matcher(text.toLowerCase(Locale.ROOT))
                .results()
                .map(word -> word.group())
                .toList();
    }

    private static List<String> wordsOf(String text) {
        List<String> words = WORD.matcher(text.toLowerCase(Locale.ROOT))
                .results()
                .map(word -> word.group())
                .toList();
        return words.isEmpty() ? List.of(text) : words;
    }

    @Example
    void whatServersReallySayStaysReadable() {
        var mask = new Mask(Personal.of(
                "Ann Lee <ann.lee@example.com>",
                Map.of("name", "Ann", "pin", 4711).values()));
        assertThat(Map.of(
                        "550 5.1.1 <ann.lee@example.com>: Recipient address rejected: User unknown in local recipient table",
                        "550 5.1.1 <masked> Recipient address rejected: User unknown in local recipient table",
                        """
                        550-5.1.1 The email account that you tried to reach does not exist. Please try
                        550-5.1.1 double-checking the recipient's email address for typos or
                        550 5.1.1 spaces. https://support.example.net/mail/?p=NoSuchUser 4a-15b.3 - gsmtp
                        """,
                        "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking the"
                                + " recipient's email address for typos or <masked> - <masked>",
                        "451 4.7.1 Greylisted, please try again in 300 seconds",
                        "451 4.7.1 Greylisted, please try again in 300 seconds",
                        "421 4.7.0 [TSS04] Messages from 192.0.2.7 temporarily deferred due to unexpected volume",
                        "421 4.7.0 [TSS04] Messages from <masked> temporarily deferred due to unexpected volume",
                        "250 2.0.0 Ok: queued as 4ABC123",
                        "250 2.0.0 Ok: queued as 4ABC123",
                        "554 5.7.1 Subject 'Hello Ann, your pin is 4711' looks like spam, score 9",
                        "554 5.7.1 Subject <masked> your <masked> is <masked> spam, score <masked>",
                        "552 5.3.4 message size exceeds 26214400 bytes",
                        "552 5.3.4 message size exceeds <masked> bytes",
                        "454 Throttling failure: Maximum sending rate exceeded.",
                        "454 Throttling failure: Maximum sending rate exceeded.",
                        "550",
                        "550",
                        "",
                        ""))
                .allSatisfy((reply, shown) -> assertThat(mask.apply(reply)).isEqualTo(shown));
    }

    @Example
    void aWordOfOursIsHiddenWhereItIsSomebodysName() {
        var mask = new Mask(
                Personal.of("will@example.com", Map.of("town", "Reading Full").values()));
        assertThat(mask.apply("550 5.1.1 mailbox will is full, try later"))
                .isEqualTo("550 5.1.1 mailbox <masked> is <masked> try later");
    }

    @Example
    void proseInThePayloadHidesNoWordButItsNumbers() {
        String prose = "Dear customer, the message about order 4711 for 300 seconds could not be delivered to you.";
        var mask = new Mask(Personal.of("a@example.com", Map.of("text", prose).values()));
        assertThat(mask.apply("451 4.3.0 message not delivered, wait 300 seconds or 60 seconds"))
                .isEqualTo("451 4.3.0 message not delivered, wait <masked> seconds or 60 seconds");
    }

    @Example
    void aLongReplyIsCutBetweenWords() {
        assertThat(new Mask(Personal.NOTHING).apply("550 " + "error ".repeat(1000)))
                .hasSizeBetween(Mask.MAX_LENGTH - 10, Mask.MAX_LENGTH)
                .endsWith("error …");
    }

    @Example
    void theProvidersNameOfTheMessageIsKeptUnlessTheRowSaysIt() {
        var mask = new Mask(
                Personal.of("ann1985@example.com", Map.of("order", "AB-1234").values()));
        assertThat(mask.queuedAs("250 2.0.0 Ok: queued as 4ABC123")).isEqualTo("4ABC123");
        assertThat(mask.queuedAs("250 OK id=1sKd9x-0003Tf-2Q")).isEqualTo("1sKd9x-0003Tf-2Q");
        assertThat(mask.queuedAs("250 queued as ann1985")).isNull();
        assertThat(mask.queuedAs("250 queued as ann.1985")).isNull();
        assertThat(mask.queuedAs("250 queued as AB1234")).isNull();
        assertThat(mask.queuedAs("250 queued as x-ann1985-7")).isNull();
        assertThat(mask.queuedAs("250 queued as welcome")).isNull();
        assertThat(mask.queuedAs("250 ok")).isNull();
    }
}
