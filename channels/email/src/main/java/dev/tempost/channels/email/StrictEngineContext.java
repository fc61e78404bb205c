package dev.tempost.channels.email;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.thymeleaf.IEngineConfiguration;
import org.thymeleaf.context.EngineContext;
import org.thymeleaf.engine.TemplateData;

/** Thymeleaf's context, except that an unknown variable is an error, where Thymeleaf would print nothing. */
final class StrictEngineContext extends EngineContext {

    private final RenderingLimit limit;

    StrictEngineContext(
            IEngineConfiguration configuration,
            TemplateData templateData,
            @Nullable Map<String, Object> resolutionAttributes,
            Locale locale,
            Templates.Variables variables) {
        super(configuration, templateData, resolutionAttributes, locale, variables.payload());
        this.limit = variables.limit();
    }

    // once for each element, and for each of its repetitions
    @Override
    public void increaseLevel() {
        limit.passElement();
        super.increaseLevel();
    }

    @Override
    public @Nullable Object getVariable(String name) {
        Object value = super.getVariable(name);
        // names of Thymeleaf's own, such as that of th:switch, begin with %%
        if (value == null && !containsVariable(name) && !name.startsWith("%%")) {
            throw new MissingVariable(name);
        }
        return value;
    }
}
