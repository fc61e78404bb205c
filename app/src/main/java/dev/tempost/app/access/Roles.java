package dev.tempost.app.access;

import dev.tempost.outbox.access.Tokens;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;

/** Roles as Spring Security knows them. */
public final class Roles {

    private Roles() {}

    /** What claim {@code tempost_role} says: one of the roles, or a list of which the highest counts; null for none. */
    static Tokens.@Nullable Role inClaims(Map<String, Object> claims) {
        Object claim = claims.get("tempost_role");
        Collection<?> words = claim instanceof Collection<?> several ? several : List.of(String.valueOf(claim));
        Tokens.Role highest = null;
        for (Tokens.Role role : Tokens.Role.values()) {
            if (words.contains(role.word())) {
                highest = role;
            }
        }
        return highest;
    }

    /** A role's own authority, and those of the roles below. */
    static List<GrantedAuthority> authorities(Tokens.Role role) {
        return Arrays.stream(Tokens.Role.values())
                .filter(lower -> lower.compareTo(role) <= 0)
                .<GrantedAuthority>map(lower -> new SimpleGrantedAuthority(authority(lower)))
                .toList();
    }

    /** Whether somebody has a role, or one above it. */
    public static boolean has(Authentication who, Tokens.Role role) {
        return who.getAuthorities().stream()
                .anyMatch(authority -> authority(role).equals(authority.getAuthority()));
    }

    private static String authority(Tokens.Role role) {
        return "ROLE_" + role.name();
    }
}
