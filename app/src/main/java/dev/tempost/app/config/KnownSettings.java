package dev.tempost.app.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;

/** The names under {@code tempost} that mean something; one that means nothing was meant to mean something. */
public final class KnownSettings {

    // the records themselves, and not what a build writes about them: a map's values are in there, too
    private static final List<String> KNOWN =
            paths(TempostProperties.class, "tempost").toList();
    private static final Set<String> OTHERS = Set.of(
            "TEMPOST_JAVA_HOME",
            "TEMPOST_JAVA_OPTIONS",
            "TEMPOST_MAVEN_OPTIONS",
            "TEMPOST_CLI",
            "TEMPOST_REQUIRE_CHROMIUM",
            "TEMPOST_REQUIRE_PGBOUNCER",
            "TEMPOST_REQUIRE_PSQL",
            "TEMPOST_REQUIRE_PYTHON");
    // what Kubernetes tells every pod about a service whose name begins with ours
    private static final Pattern OF_KUBERNETES =
            Pattern.compile("TEMPOST_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_[0-9]+_(TCP|UDP|SCTP)(_.*)?)");

    private KnownSettings() {}

    /**
     * Looks for unknown names in the files and in the environment. Properties of the JVM are left alone.
     *
     * @throws IllegalArgumentException when there is one; names it, where it is, and the nearest known one
     */
    public static void requireIn(ConfigurableEnvironment environment) {
        List<String> unknown = environment.getPropertySources().stream()
                .filter(source -> !source.getName().equals(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME))
                .flatMap(KnownSettings::unknown)
                .distinct()
                .toList();
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(String.join(" ", unknown));
        }
    }

    /**
     * The same for one name.
     *
     * @param name as in a file
     * @param where in words, in parentheses
     */
    public static void require(String name, String where) {
        if (!isKnown(name, false)) {
            throw new IllegalArgumentException(sentence(name, where, false));
        }
    }

    /** Whether a name below {@code tempost} means something: not a variable of the script, nor one that Kubernetes sets. */
    public static boolean isKnown(ConfigurationPropertyName name) {
        return isKnown(name.toString(), true);
    }

    private static Stream<String> unknown(PropertySource<?> source) {
        if (!(source instanceof EnumerablePropertySource<?> listed)) {
            return Stream.empty();
        }
        boolean variables = source.getName().endsWith(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME);
        return Arrays.stream(listed.getPropertyNames())
                .filter(name -> name.startsWith(variables ? "TEMPOST_" : "tempost."))
                .filter(name -> !variables
                        || !(OTHERS.contains(name)
                                || OF_KUBERNETES.matcher(name).matches()))
                .filter(name -> !isKnown(name, variables))
                .map(name -> {
                    Origin origin = OriginLookup.getOrigin(source, name);
                    return sentence(
                            name,
                            variables ? "" : " (" + (origin == null ? source.getName() : origin) + ")",
                            variables);
                });
    }

    private static String sentence(String name, String where, boolean variable) {
        String nearest = NearestName.of(
                name, KNOWN.stream().map(path -> likeThis(path, name)).map(path -> variable ? variable(path) : path));
        return name + where + " means nothing to Tempost: is it meant to be " + nearest
                + "? Correct it or leave it out; docs/configuration.md has every name.";
    }

    /** A known path with the name that somebody gave to a provider, an event type or a tenant. */
    private static String likeThis(String path, String name) {
        int star = path.indexOf('*');
        if (star < 0) {
            return path;
        }
        String own = name.startsWith(path.substring(0, star))
                ? name.substring(star).replaceFirst("[.].*", "")
                : TempostProperties.DEFAULT_PROVIDER;
        return path.replace("*", own);
    }

    private static String variable(String path) {
        return path.replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT);
    }

    private static boolean isKnown(String name, boolean variable) {
        String plain = plain(name, variable);
        return KNOWN.stream().anyMatch(path -> {
            String known = plain(path, variable);
            // a list's element; an empty map or object
            return plain.matches(Pattern.quote(known).replace("*", "\\E.+\\Q") + "([.]?[0-9]+]?)?")
                    || known.startsWith(plain + ".");
        });
    }

    /** Nobody writes dashes and capitals alike, and a variable has underscores for dots. */
    private static String plain(String name, boolean variable) {
        String plain = name.replaceAll("[-_]", "").replace("[", ".").toLowerCase(Locale.ROOT);
        return variable ? plain.replace(".", "") : plain;
    }

    private static Stream<String> paths(Type type, String path) {
        if (type instanceof Class<?> known && known.isRecord()) {
            return Arrays.stream(known.getRecordComponents())
                    .flatMap(component -> paths(component.getGenericType(), path + "." + kebab(component)));
        }
        return type instanceof ParameterizedType map && map.getRawType() == java.util.Map.class
                ? paths(map.getActualTypeArguments()[1], path + ".*")
                : Stream.of(path);
    }

    private static String kebab(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }
}
