package dev.tempost.channels.email;

import java.util.HashSet;
import java.util.Set;
import org.thymeleaf.context.ITemplateContext;
import org.thymeleaf.engine.AttributeName;
import org.thymeleaf.model.IProcessableElementTag;
import org.thymeleaf.processor.IProcessor;
import org.thymeleaf.processor.element.IElementTagStructureHandler;
import org.thymeleaf.standard.StandardDialect;
import org.thymeleaf.standard.processor.AbstractStandardExpressionAttributeTagProcessor;
import org.thymeleaf.standard.processor.StandardTextTagProcessor;
import org.thymeleaf.templatemode.TemplateMode;

/**
 * The standard dialect, except that text templates print text. Thymeleaf escapes {@code [[...]]} for HTML even there, and
 * nobody wants an apostrophe to arrive as an entity.
 */
final class TemplateDialect extends StandardDialect {

    @Override
    public Set<IProcessor> getProcessors(String dialectPrefix) {
        Set<IProcessor> processors = new HashSet<>(super.getProcessors(dialectPrefix));
        processors.removeIf(p -> p instanceof StandardTextTagProcessor && p.getTemplateMode() == TemplateMode.TEXT);
        processors.add(new PlainText(dialectPrefix));
        return processors;
    }

    private static final class PlainText extends AbstractStandardExpressionAttributeTagProcessor {

        PlainText(String dialectPrefix) {
            super(
                    TemplateMode.TEXT,
                    dialectPrefix,
                    StandardTextTagProcessor.ATTR_NAME,
                    StandardTextTagProcessor.PRECEDENCE,
                    true);
        }

        @Override
        protected void doProcess(
                ITemplateContext context,
                IProcessableElementTag tag,
                AttributeName attributeName,
                String attributeValue,
                Object result,
                IElementTagStructureHandler structure) {
            structure.setBody(result == null ? "" : result.toString(), false);
        }
    }
}
