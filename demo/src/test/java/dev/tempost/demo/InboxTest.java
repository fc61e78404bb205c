package dev.tempost.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.header;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;

class InboxTest {

    private static final Instant NOW = Instant.parse("2026-04-08T22:19:50Z");

    private final Inbox inbox = new Inbox(0, Clock.fixed(NOW, ZoneOffset.UTC));
    private final MockMvc web =
            MockMvcBuilders.standaloneSetup(new InboxController(inbox)).build();

    private final Session session = Session.getInstance(new Properties());
    private final Transport transport;

    InboxTest() throws MessagingException {
        transport = session.getTransport("smtp");
        transport.connect("127.0.0.1", inbox.port(), null, null);
    }

    @AfterEach
    void close() throws MessagingException {
        transport.close();
        inbox.close();
    }

    @Test
    void everyMailIsListedOnceHoweverManyRecipientsItHas() throws Exception {
        send("Welcome, José", "<p>Hi</p>", "Hi", "a@example.com", "b@example.com", "c@example.org");
        send("Second", "<p>Two</p>", "Two", "a@example.com");

        assertThat(inbox.count()).isEqualTo(2);
        assertThat(inbox.mails()).extracting(ReceivedMail::number).containsExactly(1, 2);
        ReceivedMail first = inbox.mails().getFirst();
        assertThat(first.subject()).isEqualTo("Welcome, José");
        assertThat(first.to()).isEqualTo("a@example.com, b@example.com, c@example.org");
        assertThat(first.receivedAt()).isEqualTo(NOW);
        assertThat(first.html()).isEqualTo("<p>Hi</p>");
        assertThat(first.text()).isEqualTo("Hi");
        assertThat(first.source()).contains("Message-ID: " + first.messageId()).contains("multipart/alternative");
    }

    @Test
    void theListShowsTheNewestFirstAndEscapesWhatCameByMail() throws Exception {
        send("Older", "<p>Hi</p>", "Hi", "a@example.com");
        send("<script>alert(1)</script>", "<p>Hi</p>", "Hi", "b@example.com");

        String page = body("/inbox");

        assertThat(page).contains("&lt;script&gt;alert(1)&lt;/script&gt;").doesNotContain("<script>alert");
        assertThat(page.indexOf("b@example.com")).isLessThan(page.indexOf("a@example.com"));
        assertThat(page).contains("Inbox (2)").contains("href=\"/inbox/2\"");
        web.perform(get("/inbox/2"))
                .andExpect(content().string(not(containsString("<script>alert"))))
                .andExpect(content().string(containsString("sandbox=\"\"")));
    }

    @Test
    void theSearchLooksIntoPeopleSubjectAndText() throws Exception {
        send("Alpha", "<p>Hi</p>", "the gym opens at six", "a@example.com");
        send("Beta", "<p>Hi</p>", "nothing", "b@example.com");

        assertThat(body("/inbox?q=GYM")).contains("Alpha").doesNotContain("Beta");
        assertThat(body("/inbox/lines?q=b@example")).contains("Beta").doesNotContain("Alpha");
        assertThat(body("/inbox?q=\"><b>")).contains("No mail matches").doesNotContain("\"><b>");
    }

    @Test
    void eachViewShowsItsPart() throws Exception {
        send("Views", "<p onclick=\"x()\">Rich</p>", "Plain <text>", "a@example.com");

        assertThat(body("/inbox/1?view=text")).contains("Plain &lt;text&gt;");
        assertThat(body("/inbox/1?view=headers")).contains("Message-ID").contains("MIME-Version");
        assertThat(body("/inbox/1?view=source")).contains("Content-Type: multipart/alternative");
        assertThat(body("/inbox/1?view=nonsense")).contains("src=\"/inbox/1/html\"");
        web.perform(get("/inbox/1/html"))
                .andExpect(content().string("<p onclick=\"x()\">Rich</p>"))
                .andExpect(header().string("Content-Security-Policy", containsString("sandbox; default-src 'none'")));
    }

    @Test
    void moreMailsThanFitArePagedByStableNumbers() throws Exception {
        for (int i = 1; i <= 101; i++) {
            send("Mail " + i, "<p>Hi</p>", "Hi", "a@example.com");
        }

        assertThat(body("/inbox")).contains("before=2\"").contains("Mail 2<").doesNotContain("Mail 1<");
        assertThat(body("/inbox?before=2")).contains("Mail 1<").doesNotContain("Mail 2<");
    }

    @Test
    void anUnchangedListIsNotRenderedAgain() throws Exception {
        send("One", "<p>Hi</p>", "Hi", "a@example.com");
        String etag = Objects.requireNonNull(
                web.perform(get("/inbox/lines")).andReturn().getResponse().getHeader("ETag"));

        web.perform(get("/inbox/lines").header("If-None-Match", etag)).andExpect(status().isNotModified());
        send("Two", "<p>Hi</p>", "Hi", "a@example.com");
        web.perform(get("/inbox/lines").header("If-None-Match", etag)).andExpect(status().isOk());
    }

    @Test
    void theListIsThereForProgramsToo() throws Exception {
        send("One", "<p>Hi</p>", "Hi", "a@example.com");

        web.perform(get("/inbox.json"))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$[0].number").value(1))
                .andExpect(jsonPath("$[0].to").value("a@example.com"))
                .andExpect(jsonPath("$[0].subject").value("One"))
                .andExpect(jsonPath("$[0].messageId")
                        .value(inbox.mails().getFirst().messageId()))
                .andExpect(jsonPath("$[0].receivedAt").value("2026-04-08T22:19:50Z"));
    }

    @Test
    void anUnknownMailIsAPageThatSaysSo() throws Exception {
        for (String path : List.of("/inbox/1", "/inbox/0", "/inbox/99999999999", "/inbox/abc", "/inbox/1/html")) {
            web.perform(get(path))
                    .andExpect(status().isNotFound())
                    .andExpect(content().string(containsString("No such mail")))
                    .andExpect(header().string("Content-Security-Policy", containsString("default-src 'none'")));
        }
    }

    @Test
    void pagesForbidEverythingThatIsNotTheirOwn() throws Exception {
        for (String path : List.of("/inbox", "/inbox/lines", "/inbox/inbox.css", "/inbox/inbox.js")) {
            web.perform(get(path))
                    .andExpect(status().isOk())
                    .andExpect(header().string("Content-Security-Policy", containsString("default-src 'none'")))
                    .andExpect(header().string("X-Content-Type-Options", "nosniff"))
                    .andExpect(content().string(not(containsString("https://"))));
        }
    }

    private String body(String path) throws Exception {
        String[] parts = path.split("\\?", 2);
        var request = get(parts[0]);
        if (parts.length == 2) {
            String[] parameter = parts[1].split("=", 2);
            request.param(parameter[0], parameter[1]);
        }
        return web.perform(request)
                .andExpect(status().isOk())
                .andReturn()
                .getResponse()
                .getContentAsString();
    }

    private void send(String subject, String html, String text, String... recipients) throws MessagingException {
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress("office@example.net"));
        message.setRecipients(Message.RecipientType.TO, String.join(", ", recipients));
        message.setSubject(subject, "UTF-8");
        MimeBodyPart plain = new MimeBodyPart();
        plain.setText(text, "UTF-8");
        MimeBodyPart rich = new MimeBodyPart();
        rich.setText(html, "UTF-8", "html");
        message.setContent(new MimeMultipart("alternative", plain, rich));
        message.saveChanges();
        transport.sendMessage(message, message.getAllRecipients());
    }
}
