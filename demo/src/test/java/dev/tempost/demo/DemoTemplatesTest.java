package dev.tempost.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.thymeleaf.TemplateEngine;
import org.thymeleaf.context.Context;
import org.thymeleaf.templatemode.TemplateMode;
import org.thymeleaf.templateresolver.ClassLoaderTemplateResolver;

class DemoTemplatesTest {

    @Test
    void aKnownTeamHasItsNameAndItsChat() {
        assertThat(subject(5)).isEqualTo("Mason O'Rourke, welcome to Westside Kings & Queens 13U Silver!");
        assertThat(html(5))
                .contains("Westside Kings &amp; Queens 13U Silver")
                .contains("href=\"https://chat.example.com/join/13u-silver\"");
        assertThat(text(5))
                .contains("Westside Kings & Queens 13U Silver")
                .contains("https://chat.example.com/join/13u-silver");
    }

    @Test
    void anUnknownTeamFallsBackToTheClubAndOffersNoChat() {
        assertThat(subject(11)).isEqualTo("Mason O'Rourke, welcome to Westside Kings & Queens!");
        assertThat(html(11)).contains("Westside Kings &amp; Queens<").doesNotContain("chat");
        assertThat(text(11))
                .contains("Welcome to Westside Kings & Queens for")
                .doesNotContain("chat")
                .doesNotContain("\n\n\n");
    }

    private static String subject(int team) {
        return render("contract_signed/subject.txt", TemplateMode.TEXT, team).strip();
    }

    private static String html(int team) {
        return render("contract_signed/body.html", TemplateMode.HTML, team);
    }

    private static String text(int team) {
        return render("contract_signed/body.txt", TemplateMode.TEXT, team);
    }

    static String render(String template, TemplateMode mode, int team) {
        ClassLoaderTemplateResolver resolver = new ClassLoaderTemplateResolver();
        resolver.setPrefix("demo/templates/");
        resolver.setTemplateMode(mode);
        resolver.setCharacterEncoding("UTF-8");
        TemplateEngine engine = new TemplateEngine();
        engine.setTemplateResolver(resolver);
        return engine.process(
                template,
                new Context(
                        Locale.ENGLISH,
                        Map.of(
                                "player",
                                "Mason O'Rourke",
                                "parent",
                                "Siobhan O'Rourke",
                                "team_id",
                                team,
                                "season",
                                "2026")));
    }
}
