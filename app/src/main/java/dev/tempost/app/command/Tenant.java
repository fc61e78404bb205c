package dev.tempost.app.command;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whose rows a command is about: one tenant's, or everybody's. */
final class Tenant {

    @Option(names = "--tenant", paramLabel = "NAME", description = "Only this tenant's rows. Defaults to all tenants.")
    @Nullable
    String name;
}
