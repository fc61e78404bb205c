package dev.tempost.app.access;

import dev.tempost.outbox.access.LoginKey;
import dev.tempost.outbox.access.Tokens;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.security.oauth2.client.autoconfigure.ConditionalOnOAuth2ClientRegistrationProperties;
import org.springframework.boot.security.oauth2.client.autoconfigure.OAuth2ClientProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Login by OpenID Connect, where {@code spring.security.oauth2.client.registration} says whom to ask. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnOAuth2ClientRegistrationProperties
@EnableConfigurationProperties(OAuth2ClientProperties.class)
class LoginConfiguration {

    @Bean
    Login login(OAuth2ClientProperties properties, Tokens tokens, OpsPool pool) {
        return new Login(
                new LoginClients(properties), new LoginRequests(new LoginKey(pool.dataSource())::bytes), tokens);
    }
}
