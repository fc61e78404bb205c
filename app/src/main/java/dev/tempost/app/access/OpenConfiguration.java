package dev.tempost.app.access;

import jakarta.servlet.ServletContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;

/** Health, metrics, and what a demo serves beside them, are open to whoever reaches the port. */
@Configuration(proxyBeanMethods = false)
public class OpenConfiguration {

    /** On a port of its own, where there is nothing else: whatever else is asked for there is not found. */
    @Bean
    @Order(0)
    SecurityFilterChain management(HttpSecurity http, ServletContext main) {
        return everybody(http.securityMatcher(request -> !request.getServletContext().equals(main)));
    }

    @Bean
    @Order
    SecurityFilterChain open(HttpSecurity http) {
        return everybody(http);
    }

    private static SecurityFilterChain everybody(HttpSecurity http) {
        return http.csrf(AbstractHttpConfigurer::disable)
                .headers(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                .build();
    }
}
