package dev.tempost.app.command;

import dev.tempost.app.engine.Service;
import java.util.concurrent.Callable;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;

/** Runs until it is stopped. */
@Command(
        name = "serve",
        description = {
            "Delivers from your PostgreSQL, through your Temporal and your mail server, until it is stopped.",
            "Migrates the schema first, unless tempost.schema.migrate is false. Waits for servers that do not answer yet.",
            "Any setting may follow, for instance --server.port=8081; without, it comes from the environment or from"
                    + " application.yaml."
        },
        mixinStandardHelpOptions = true)
public final class ServeCommand implements Callable<Integer> {

    @Override
    public Integer call() throws InterruptedException {
        try (ConfigurableApplicationContext context = Service.withWeb().run()) {
            Service.awaitStop(context);
            return ExitCode.DONE;
        }
    }
}
