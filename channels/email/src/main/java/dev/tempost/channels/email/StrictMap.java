package dev.tempost.channels.email;

import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/** A JSON object of the payload. Asking for a key it does not have is an error, where a plain map would say null. */
final class StrictMap extends LinkedHashMap<String, @Nullable Object> {

    private final JsonPath path;

    StrictMap(JsonPath path) {
        this.path = path;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        Object value = super.get(key);
        if (value == null && !containsKey(key)) {
            throw new MissingVariable(path.at(String.valueOf(key)).toString());
        }
        return value;
    }
}
