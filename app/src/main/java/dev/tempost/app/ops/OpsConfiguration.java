package dev.tempost.app.ops;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import dev.tempost.app.access.AccessConfiguration;
import dev.tempost.app.access.OpsPool;
import dev.tempost.app.access.ServesOperators;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.channels.email.MailPreview;
import dev.tempost.channels.email.Templates;
import dev.tempost.outbox.access.Audit;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowSearch;
import dev.tempost.outbox.rows.Shards;
import dev.tempost.outbox.rows.Suppressions;
import io.swagger.v3.core.jackson.ModelResolver;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import io.temporal.client.WorkflowClient;
import java.time.Clock;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What serves operators, in a process that has the role {@code console}. */
@Configuration(proxyBeanMethods = false)
@Conditional(ServesOperators.class)
@Import({
    AccessConfiguration.class,
    OpsController.class,
    BulkController.class,
    SuppressionsController.class,
    TokensController.class,
    OpsErrors.class
})
public class OpsConfiguration implements WebMvcConfigurer {

    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(new KnownParameters());
    }

    @Bean
    Operations operations(OpsPool pool, TempostProperties properties, JsonMapper json, WorkflowClient client) {
        DataSource dataSource = pool.dataSource();
        return new Operations(
                dataSource,
                new RowSearch(dataSource),
                new Backlog(dataSource),
                new Pauses(dataSource),
                new ProviderHealth(dataSource),
                new Shards(dataSource),
                new Audit(dataSource),
                new BulkActions(dataSource),
                new MailPreview(new Templates(List.of(properties.templates()), Clock.systemUTC())),
                json,
                properties,
                client.getOptions().getNamespace(),
                new WaitingDeliveries(client));
    }

    @Bean
    Suppressions suppressions(OpsPool pool) {
        return new Suppressions(pool.dataSource());
    }

    // names as in the table, and a mistyped field is an error
    @Bean
    JsonMapperBuilderCustomizer namesAsInTheTable() {
        return json -> json.propertyNamingStrategy(tools.jackson.databind.PropertyNamingStrategies.SNAKE_CASE)
                .addMixIns(Api.WORDS)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    }

    @Bean
    OpenAPI description() {
        return new OpenAPI()
                .info(new Info()
                        .title("Tempost ops API")
                        .version("1")
                        .description("What operators read and do. Errors are problem+json."))
                .components(new Components()
                        .addSecuritySchemes(
                                "token",
                                new SecurityScheme()
                                        .type(SecurityScheme.Type.HTTP)
                                        .scheme("bearer")))
                .addSecurityItem(new SecurityRequirement().addList("token"));
    }

    // the same for the description, which another Jackson makes
    @Bean
    ModelResolver namesInTheDescription() {
        ObjectMapper mapper = new ObjectMapper()
                .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .setMixIns(Api.WORDS);
        return new ModelResolver(mapper);
    }
}
