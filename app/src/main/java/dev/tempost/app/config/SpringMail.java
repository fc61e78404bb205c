package dev.tempost.app.config;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The default mail provider, under the names that Spring has for it.
 *
 * @param host The mail server's name.
 * @param port Its port.
 * @param username The user to log in as; none when not set.
 * @param password The user's password.
 */
@Validated
@ConfigurationProperties("spring.mail")
public record SpringMail(
        @DefaultValue("127.0.0.1") @NotBlank String host,
        @DefaultValue("25") @Min(1) @Max(65535) int port,
        @Nullable String username,
        @Nullable String password) {

    @Override
    public String toString() {
        return "SpringMail[" + host + ":" + port + "]";
    }
}
