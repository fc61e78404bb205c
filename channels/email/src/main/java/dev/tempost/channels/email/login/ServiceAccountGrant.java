package dev.tempost.channels.email.login;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * That of a service account whose key Google wrote to a JSON file: it signs that it acts for a user of its domain (RFC 7523).
 *
 * @param endpoint whom to ask
 * @param key the content of the file
 * @param setting the property that names the file
 * @param subject the user, by the mail address
 * @param scope what the token shall be good for
 */
public record ServiceAccountGrant(URI endpoint, Secret key, String setting, String subject, String scope)
        implements Grant {

    private static final Duration LIFE = Duration.ofMinutes(10);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    @Override
    public TokenRequest request(Instant now) throws LoginRefused {
        String content = key.read();
        try {
            JsonNode account = JSON.readTree(content);
            Map<String, Object> header = new LinkedHashMap<>();
            header.put("alg", "RS256");
            header.put("typ", "JWT");
            header.put("kid", text(account, "private_key_id"));
            Map<String, Object> claims = new LinkedHashMap<>();
            claims.put("iss", text(account, "client_email"));
            claims.put("sub", subject);
            claims.put("scope", scope);
            claims.put("aud", endpoint.toString());
            claims.put("iat", now.getEpochSecond());
            claims.put("exp", now.plus(LIFE).getEpochSecond());
            String assertion =
                    signed(encoded(header) + "." + encoded(claims), privateKey(text(account, "private_key")));
            return new TokenRequest(
                    endpoint,
                    Map.of("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", assertion),
                    content);
        } catch (JsonProcessingException e) {
            // its message quotes the file
            throw wrong("is not JSON");
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw wrong("has a private_key that is no RSA key in PKCS #8");
        }
    }

    private static PrivateKey privateKey(String pem) throws GeneralSecurityException {
        byte[] key = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(key));
    }

    private static String encoded(Map<String, Object> object) throws JsonProcessingException {
        return BASE64.encodeToString(JSON.writeValueAsBytes(object));
    }

    private static String signed(String text, PrivateKey key) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update(text.getBytes(StandardCharsets.US_ASCII));
        return text + "." + BASE64.encodeToString(signature.sign());
    }

    private String text(JsonNode account, String field) throws LoginRefused {
        String value = account.path(field).asText();
        if (value.isEmpty()) {
            throw wrong("has no " + field);
        }
        return value;
    }

    private LoginRefused wrong(String what) {
        return new LoginRefused(setting + ": the file " + what + ": put the JSON key of a service account there");
    }
}
