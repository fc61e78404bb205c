package dev.tempost.app.access;

import dev.tempost.app.config.TempostProperties.Role;
import java.util.Set;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Whether this process has the role {@code console}. */
public final class ServesOperators implements Condition {

    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
        return Binder.get(context.getEnvironment())
                .bind("tempost.roles", Bindable.setOf(Role.class))
                .orElseGet(() -> Set.of(Role.CONSOLE))
                .contains(Role.CONSOLE);
    }
}
