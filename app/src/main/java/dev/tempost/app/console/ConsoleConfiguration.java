package dev.tempost.app.console;

import dev.tempost.app.access.ServesOperators;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The console, in a process that has the role of that name. */
@Configuration(proxyBeanMethods = false)
@Conditional(ServesOperators.class)
@Import(ConsoleController.class)
public class ConsoleConfiguration {}
