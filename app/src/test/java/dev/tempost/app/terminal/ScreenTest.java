package dev.tempost.app.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ScreenTest {

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(shown, true, StandardCharsets.UTF_8);

    @Test
    void onATerminalEachLookTakesThePlaceOfTheOneBefore() {
        twoLooks(new Screen(out, true));

        assertThat(shown.toString(StandardCharsets.UTF_8)).isEqualTo("\033[H\033[2Jlook\033[H\033[2Jlook");
    }

    @Test
    void anywhereElseLooksFollowOneAnotherInPlainText() {
        twoLooks(new Screen(out, false));

        assertThat(shown.toString(StandardCharsets.UTF_8)).isEqualTo("look" + System.lineSeparator() + "look");
    }

    private void twoLooks(Screen screen) {
        for (int look = 0; look < 2; look++) {
            screen.begin();
            out.print("look");
        }
    }
}
