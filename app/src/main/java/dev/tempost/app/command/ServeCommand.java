package dev.tempost.app.command;

import dev.tempost.app.engine.Service;
import java.util.concurrent.Callable;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;

/** Runs until it is stopped. */
@Command(
        name = "serve",
        description = "Delivers from your PostgreSQL, through your Temporal and your mail server, until stopped.",
        mixinStandardHelpOptions = true)
public final class ServeCommand implements Callable<Integer> {

    @Override
    public Integer call() throws InterruptedException {
        ConfigurableApplicationContext context = Service.withWeb().run();
        Service.awaitStop(context);
        return 0;
    }
}
