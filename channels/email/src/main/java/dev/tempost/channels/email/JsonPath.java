package dev.tempost.channels.email;

import org.jspecify.annotations.Nullable;

/**
 * Where a value stands in a JSON document, such as {@code order.items[0]}. Spelled out only when somebody asks: a document could
 * make many long ones.
 *
 * @param parent where its object or array stands; null for the document itself
 * @param key its key; null for the document itself, and in an array
 * @param index its index in an array
 */
record JsonPath(@Nullable JsonPath parent, @Nullable String key, int index) {

    static final JsonPath DOCUMENT = new JsonPath(null, null, 0);

    JsonPath at(String key) {
        return new JsonPath(this, key, 0);
    }

    JsonPath at(int index) {
        return new JsonPath(this, null, index);
    }

    @Override
    public String toString() {
        if (parent == null) {
            return "";
        }
        String before = parent.toString();
        return key == null ? before + "[" + index + "]" : before.isEmpty() ? key : before + "." + key;
    }
}
