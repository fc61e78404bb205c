package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.access.Tokens;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tokens for the ops API and the console. */
@Command(
        name = "token",
        description = "Makes, lists and revokes tokens for the ops API and the console.",
        mixinStandardHelpOptions = true,
        subcommands = {TokenCommand.Create.class, TokenCommand.Listing.class, TokenCommand.Revoke.class})
final class TokenCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(System.out);
        return ExitCode.SETTING;
    }

    /** Makes one. */
    @Command(
            name = "create",
            description = "Makes a token and prints it, this once: only its SHA-256 is kept.",
            mixinStandardHelpOptions = true)
    static final class Create implements Callable<Integer> {

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Parameters(
                index = "0",
                paramLabel = "NAME",
                description = "Whose it is. What it does stands under this name in the audit.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private String name;

        @Option(
                names = "--role",
                required = true,
                paramLabel = "viewer|operator|admin",
                description = {
                    "A viewer sees states and figures, no recipient and no content.",
                    "An operator sees content as well, each view audited, and changes rows, pauses and providers.",
                    "An admin makes and revokes tokens as well."
                })
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Tokens.Role role;

        @Option(
                names = "--expires-in",
                paramLabel = "TIME",
                description = "How long it may be used, for instance 12h or 90d. For ever when left out.")
        @Nullable
        private String expiresIn;

        @Override
        public Integer call() {
            OffsetDateTime expiresAt = InTime.after(spec, "--expires-in", expiresIn);
            if (!Tokens.isName(name)) {
                throw new ParameterException(
                        spec.commandLine(), "NAME has more than letters, digits and _ . @ -, or more than 63 of them.");
            }
            return Outbox.with(dataSource -> {
                String token = new Tokens(dataSource).create(name, role, expiresAt, Operator.name());
                if (token == null) {
                    System.err.println("There is a token named '" + name + "'. Revoke it first (./tempost token revoke "
                            + name + "), or take another name.");
                    return ExitCode.REFUSED;
                }
                System.out.println(token);
                return ExitCode.DONE;
            });
        }
    }

    /** Lists them. */
    @Command(name = "list", description = "Lists tokens, those of the past included.", mixinStandardHelpOptions = true)
    static final class Listing implements Callable<Integer> {

        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Output output;

        @Override
        public Integer call() {
            return Outbox.with(dataSource -> {
                List<Tokens.Listed> tokens = new Tokens(dataSource).list();
                output.print(
                        Output.object(
                                "tokens", tokens.stream().map(Listing::json).toList()),
                        () -> print(tokens));
                return ExitCode.DONE;
            });
        }

        private static Object json(Tokens.Listed token) {
            return Output.object(
                    "name", token.name(),
                    "role", token.role().word(),
                    "created_at", token.createdAt(),
                    "created_by", token.createdBy(),
                    "expires_at", token.expiresAt(),
                    "used_at", token.usedAt(),
                    "revoked_at", token.revokedAt());
        }

        private static void print(List<Tokens.Listed> tokens) {
            tokens.forEach(token -> Formats.printf(
                    "%-24s %-9s made %s by %s, %s, %s%n",
                    token.name(),
                    token.role().word(),
                    Formats.time(token.createdAt()),
                    token.createdBy(),
                    token.usedAt() == null ? "never used" : "used " + Formats.time(token.usedAt()),
                    token.revokedAt() != null
                            ? "revoked " + Formats.time(token.revokedAt())
                            : token.expiresAt() == null
                                    ? "never expires"
                                    : "expires " + Formats.time(token.expiresAt())));
            if (tokens.isEmpty()) {
                System.out.println("no tokens: ./tempost token create NAME --role viewer|operator|admin makes one");
            }
        }
    }

    /** Ends one. */
    @Command(name = "revoke", description = "Ends a token at once.", mixinStandardHelpOptions = true)
    static final class Revoke implements Callable<Integer> {

        @Parameters(index = "0", paramLabel = "NAME", description = "Whose it is.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private String name;

        @Override
        public Integer call() {
            return Outbox.with(dataSource -> {
                if (new Tokens(dataSource).revoke(name, Operator.name())) {
                    System.out.println("token " + name + ": revoked");
                    return ExitCode.DONE;
                }
                System.err.println("No token named '" + name + "' may be used.");
                return ExitCode.REFUSED;
            });
        }
    }
}
