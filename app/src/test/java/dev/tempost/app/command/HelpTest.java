package dev.tempost.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.app.TempostApplication;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class HelpTest {

    private static final CommandLine TEMPOST = TempostApplication.commandLine(new TempostCommand());

    static Stream<CommandLine> commands() {
        return TEMPOST.getSubcommands().values().stream()
                .filter(command -> !command.getCommandSpec().usageMessage().hidden());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandAndOptionHasASentence(CommandLine command) {
        assertThat(command.getCommandSpec().usageMessage().description())
                .isNotEmpty()
                .allSatisfy(sentence -> assertThat(sentence).matches("[A-Z].*[.)]"));
        assertThat(command.getCommandSpec().findOption("--help")).isNotNull();
        for (OptionSpec option : command.getCommandSpec().options()) {
            assertThat(String.join(" ", option.description()))
                    .as(option.longestName())
                    .matches("[A-Z].*[.]");
            if (option.defaultValue() != null) {
                assertThat(option.description()[0])
                        .as(option.longestName())
                        .contains("Defaults to " + option.defaultValue());
            }
        }
    }

    @Test
    void theRootExplainsExitCodesAndHidesWhatNobodyCalls() {
        assertThat(TEMPOST.getUsageMessage())
                .contains("Exit codes:", "3   A server, PostgreSQL or Temporal, does not answer.")
                .doesNotContain("warm-up");
    }

    @Test
    void theShellCompletesCommandsAndOptions() {
        assertThat(AutoComplete.bash("tempost", TEMPOST)).contains("dismiss", "--output", "complete -F");
    }

    @Test
    void theDoctorsProviderIsOneToSendThrough() {
        CommandLine tempost = TempostApplication.commandLine(new TempostCommand());
        StringWriter said = new StringWriter();
        tempost.setErr(new PrintWriter(said));

        assertThat(tempost.execute("doctor", "--provider", "default")).isEqualTo(2);
        assertThat(said.toString()).contains("--provider says through what --send-test goes");
    }
}
