package dev.tempost.channels.email;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.thymeleaf.IEngineConfiguration;
import org.thymeleaf.cache.AlwaysValidCacheEntryValidity;
import org.thymeleaf.cache.ICacheEntryValidity;
import org.thymeleaf.cache.TTLCacheEntryValidity;
import org.thymeleaf.templatemode.TemplateMode;
import org.thymeleaf.templateresolver.ITemplateResolver;
import org.thymeleaf.templateresolver.TemplateResolution;

/**
 * Finds template files for Thymeleaf: those of an event type by the version that {@link TemplateFolder} gave them, so that
 * a changed folder simply has another name and Thymeleaf's caches never hold a stale one; any other, such as a fragment
 * that several templates share, by its path below the first root that has it.
 */
final class TemplateFiles implements ITemplateResolver {

    private final List<Path> roots;
    private final long fragmentsValidForMillis;

    TemplateFiles(List<Path> roots, long fragmentsValidForMillis) {
        this.roots = roots;
        this.fragmentsValidForMillis = fragmentsValidForMillis;
    }

    @Override
    public String getName() {
        return "template folders";
    }

    @Override
    public Integer getOrder() {
        return 1;
    }

    @Override
    public @Nullable TemplateResolution resolveTemplate(
            IEngineConfiguration configuration,
            @Nullable String ownerTemplate,
            String template,
            @Nullable Map<String, Object> resolutionAttributes) {
        TemplateFolder.Versioned versioned = TemplateFolder.Versioned.parse(template);
        if (versioned != null) {
            return found(inside(roots.get(versioned.root()), versioned.path()), AlwaysValidCacheEntryValidity.INSTANCE);
        }
        for (Path root : roots) {
            for (String name : List.of(template, template + ".html", template + ".txt")) {
                TemplateFile file = inside(root, name);
                if (file.exists()) {
                    return found(file, new TTLCacheEntryValidity(fragmentsValidForMillis));
                }
            }
        }
        return null;
    }

    private static TemplateFile inside(Path root, String name) {
        return new TemplateFile(root, root.resolve(name).normalize());
    }

    private static TemplateResolution found(TemplateFile file, ICacheEntryValidity validity) {
        TemplateMode mode = file.path().toString().endsWith(".html") ? TemplateMode.HTML : TemplateMode.TEXT;
        return new TemplateResolution(file, mode, validity);
    }
}
