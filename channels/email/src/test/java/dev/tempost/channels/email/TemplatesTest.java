package dev.tempost.channels.email;

import static dev.tempost.channels.email.SmtpHarness.NOON;
import static dev.tempost.channels.email.SmtpHarness.template;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tempost.activities.channel.Outcome.Permanent;
import dev.tempost.activities.channel.UnsendableRow;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplatesTest {

    @TempDir
    Path folder;

    Path root;

    Templates templates;

    @BeforeEach
    void withoutWaitingForChanges() {
        root = folder.resolve("templates");
        templates = new Templates(List.of(root), Duration.ZERO, NOON);
        template(root, "t", "subject.txt", "S\n");
    }

    @Test
    void htmlIsEscapedAndTextIsNot() {
        template(root, "t", "subject.txt", "Hi [[${name}]]\n");
        template(root, "t", "body.txt", "Hi [[${name}]]");
        template(root, "t", "body.html", "<p th:text=\"${name}\"></p>[[${name}]]<a th:href=\"${name}\"></a>");

        RenderedMail mail = render("{\"name\": \"<script>O'Brien & \\\"Co\\\"\"}");

        assertThat(mail.subject()).isEqualTo("Hi <script>O'Brien & \"Co\"");
        assertThat(mail.text()).isEqualTo("Hi <script>O'Brien & \"Co\"");
        assertThat(mail.html())
                .contains("<p>&lt;script&gt;O&#39;Brien &amp; &quot;Co&quot;</p>")
                .doesNotContain("<script>");
    }

    @Test
    void expressionsInThePayloadAreText() {
        template(root, "t", "body.html", "<p th:text=\"${x}\"></p><p th:utext=\"${x}\"></p>");

        assertThat(render("{\"x\": \"${7*7} [[${7*7}]] __${7*7}__ @{/a}\"}").html())
                .isEqualTo("<p>${7*7} [[${7*7}]] __${7*7}__ @{/a}</p><p>${7*7} [[${7*7}]] __${7*7}__ @{/a}</p>");
    }

    @Test
    void preprocessingIsRefusedSinceItWouldEvaluateThePayload() {
        template(root, "t", "body.html", "<p th:text=\"${__${x}__}\"></p>");

        assertFailure("{\"x\": \"7*7\"}", "TemplateInvalid").contains("preprocessing", "body.html");
    }

    @Test
    void underscoresBesideExpressionsAreJustText() {
        template(root, "t", "body.txt", "____ [[${x}]] ____\n________");

        assertThat(render("{\"x\": 1}").text()).isEqualTo("____ 1 ____\n________");
    }

    @Test
    void aMissingVariableIsNamedWithItsFileAndRemedy() {
        template(root, "t", "body.html", "<p th:text=\"${team_id}\"></p>");

        assertFailure("{}", "PayloadInvalid")
                .isEqualTo("variable 'team_id', used by templates/t/body.html, is missing:"
                        + " add it to the row's payload, then retry");
    }

    @Test
    void aMissingNestedKeyIsNamedByItsPath() {
        template(root, "t", "body.txt", "[# th:each=\"i : ${order.items}\"][[${i.name}]] [[${i['price']}]][/]");

        assertFailure("{\"order\": {}}", "PayloadInvalid").contains("'order.items'");
        assertFailure(
                        "{\"order\": {\"items\": [{\"name\": \"a\", \"price\": 1}, {\"name\": \"b\"}]}}",
                        "PayloadInvalid")
                .contains("'order.items[1].price'");
    }

    @Test
    void aMissingVariableInAConditionIsMissingToo() {
        template(root, "t", "body.txt", "[# th:if=\"${vip}\"]VIP[/]");

        assertFailure("{}", "PayloadInvalid").contains("'vip'");
    }

    @Test
    void aKeyBelowNullIsNamed() {
        template(root, "t", "body.txt", "[[${user.name}]]");

        assertFailure("{\"user\": null}", "PayloadInvalid").contains("'name'", "null");
    }

    @Test
    void anExplicitNullIsAValue() {
        template(root, "t", "body.txt", "[# th:if=\"${vip}\"]VIP[/][# th:unless=\"${vip}\"]all[/] [[${user.nick}]]");

        assertThat(render("{\"vip\": null, \"user\": {\"nick\": null}}").text()).isEqualTo("all ");
    }

    @Test
    void localsIterationSwitchesAndTheUtilityObjectsWork() {
        template(root, "t", "body.html", """
                <p th:with="a=${list}, n=${null}" th:text="${#lists.size(a)} + ${n}"></p>
                <i th:each="x, s : ${list}" th:text="${s.index} + ${x}"></i>
                <b th:switch="${kind}"><u th:case="'k'">K</u><u th:case="*">other</u></b>
                <em th:text="${#maps.containsKey(map, 'nope')} ? 1 : 2"></em>
                <q th:object="${map}" th:text="*{key}"></q>
                <s th:each="e : ${map}" th:text="${e.key} + ${e.value}"></s>
                """);

        assertThat(render("{\"list\": [\"x\", \"y\"], \"kind\": \"k\", \"map\": {\"key\": \"v\"}}")
                        .html())
                .contains("<p>2null</p>", "<i>0x</i>", "<i>1y</i>", "<u>K</u>", "<em>2</em>", "<q>v</q>", "<s>keyv</s>")
                .doesNotContain("other");
    }

    @Test
    void messagesComeFromThePropertiesBesideTheTemplate() {
        template(root, "t", "body.properties", "team.7.name=Gr\u00fcne\n");
        template(root, "t", "subject.properties", "hello=Hi {0}\n");
        template(root, "t", "subject.txt", "[[#{hello(${team_id})}]]");
        template(
                root,
                "t",
                "body.txt",
                "[[${#messages.msgOrNull('team.' + team_id + '.name')}]] [[${#messages.msgOrNull('no')} ?: 'none']]");

        RenderedMail mail = render("{\"team_id\": 7}");

        assertThat(mail.text()).isEqualTo("Grüne none");
        assertThat(mail.subject()).isEqualTo("Hi 7");
    }

    @Test
    void aMissingMessageIsAnError() {
        template(root, "t", "body.txt", "[[#{nope}]]");

        assertFailure("{}", "TemplateInvalid").contains("'nope'", "body.txt");
    }

    @Test
    void aSharedFragmentIsFoundBelowTheRootAndNothingOutsideIt() {
        template(root, "layout", "footer.html", "<p th:fragment=\"footer(who)\">from [[${who}]]</p>");
        template(root, "t", "body.html", "<div th:replace=\"~{layout/footer :: footer(${team})}\"></div>");
        assertThat(render("{\"team\": \"us\"}").html()).isEqualTo("<p>from us</p>");

        template(folder, "outside", "secret.html", "secret");
        template(root, "t", "body.html", "<div th:replace=\"~{../outside/secret}\"></div>");
        assertFailure("{}", "TemplateInvalid").contains("body.html");
    }

    @Test
    void numbersKeepTheirDigits() {
        template(root, "t", "body.txt", "[[${price}]] [[${big}]]");

        assertThat(render("{\"price\": 19.90, \"big\": 12345678901234567890}").text())
                .isEqualTo("19.90 12345678901234567890");
    }

    @Test
    void anEventTypeWithoutTemplateSaysWhatToAdd() {
        assertFailure("order.paid", "{}", "TemplateInvalid")
                .isEqualTo("no template for event type 'order.paid': add templates/order.paid/subject.txt"
                        + " and body.html or body.txt, then retry");
        assertThat(templates.has("order.paid")).isFalse();
    }

    @Test
    void anEventTypeIsNoPath() {
        template(folder, "outside", "subject.txt", "x");

        assertFailure("../outside", "{}", "TemplateInvalid").contains("no template");
        assertThat(templates.has("../outside")).isFalse();
    }

    @Test
    void aBrokenTemplateIsNamedWithItsPlaceAndWithoutThePayload() {
        template(root, "t", "body.html", "<p>\n<b th:text=\"${name.nope()}\"></b></p>");

        assertFailure("{\"name\": \"Ann\"}", "TemplateInvalid")
                .contains("templates/t/body.html", "line 2")
                .doesNotContain("Ann");
    }

    @Test
    void aSubjectOfTwoLinesIsRefused() {
        template(root, "t", "subject.txt", "Hi [[${name}]]\n");
        template(root, "t", "body.txt", "x");

        assertFailure("{\"name\": \"Ann\\r\\nBcc: x@example.com\"}", "PayloadInvalid")
                .contains("subject", "line break");
    }

    @Test
    void aChangedTemplateIsPickedUp() {
        template(root, "t", "body.txt", "one");
        assertThat(render("{}").text()).isEqualTo("one");

        template(root, "t", "body.txt", "three");
        assertThat(render("{}").text()).isEqualTo("three");

        template(root, "t", "body.html", "<p>html too</p>");
        assertThat(render("{}").html()).isEqualTo("<p>html too</p>");
    }

    @Test
    void theFirstRootThatHasATemplateWins(@TempDir Path second) {
        template(second, "t", "subject.txt", "second");
        template(second, "u", "subject.txt", "second");
        template(second, "u", "body.txt", "x");
        template(root, "t", "body.txt", "x");
        templates = new Templates(List.of(root, second), NOON);

        assertThat(templates
                        .render("t", JsonObjects.read("payload", "{}"), limit())
                        .subject())
                .isEqualTo("S");
        assertThat(templates
                        .render("u", JsonObjects.read("payload", "{}"), limit())
                        .subject())
                .isEqualTo("second");
    }

    @Test
    void aRenderingEndsWhileItWrites() {
        template(root, "t", "body.txt", "[# th:each=\"a : ${items}\"][# th:each=\"b : ${items}\"][(${b})][/][/]");
        String payload = items(3000);

        assertThatExceptionOfType(RenderingLimit.Reached.class)
                .isThrownBy(
                        () -> templates.render("t", JsonObjects.read("payload", payload), new RenderingLimit(1000)));
        assertFailure(payload, "PayloadInvalid")
                .isEqualTo(
                        "templates/t/body.txt writes more than 1048576 characters with this row's payload: make the payload"
                                + " smaller, or the template's loops shorter, then retry");
    }

    @Test
    void aRenderingThatWritesNothingEndsToo() {
        template(root, "t", "body.txt", "[# th:each=\"a : ${items}\"][# th:each=\"b : ${items}\"][/][/]");

        assertFailure(items(3000), "PayloadInvalid")
                .startsWith("templates/t/body.txt passes 250000 elements with this row's payload");
    }

    @Test
    void allPartsOfAMailCountTogether() {
        template(root, "t", "body.txt", "[(${text})]");
        template(root, "t", "body.html", "[(${text})]");
        String payload = "{\"text\": \"" + "x".repeat(600) + "\"}";

        assertThat(templates
                        .render("t", JsonObjects.read("payload", payload), new RenderingLimit(1300))
                        .html())
                .hasSize(600);
        assertThatExceptionOfType(RenderingLimit.Reached.class)
                .isThrownBy(
                        () -> templates.render("t", JsonObjects.read("payload", payload), new RenderingLimit(1199)));
    }

    private static String items(int count) {
        return "{\"items\": [" + ("\"" + "x".repeat(40) + "\",").repeat(count) + "0]}";
    }

    private static RenderingLimit limit() {
        return new RenderingLimit(RenderingLimit.MAX_CHARACTERS);
    }

    private RenderedMail render(String payload) {
        return templates.render("t", JsonObjects.read("payload", payload), limit());
    }

    private AbstractStringAssert<?> assertFailure(String payload, String type) {
        return assertFailure("t", payload, type);
    }

    private AbstractStringAssert<?> assertFailure(String eventType, String payload, String type) {
        try {
            templates.render(eventType, JsonObjects.read("payload", payload), limit());
        } catch (UnsendableRow e) {
            assertThat(e.outcome()).isInstanceOfSatisfying(Permanent.class, p -> {
                assertThat(p.type()).isEqualTo(type);
                assertThat(p.reached()).isFalse();
            });
            return assertThat(e.outcome().reply());
        }
        throw new AssertionError("expected " + type + ", but it rendered");
    }
}
