/* strict_json.c - see strict_json.h. */
#include "gateway/auth/strict_json.h"

/* Whether brackets outside of strings nest deeper than the bound. What is not
 * JSON may be judged either way: the parser refuses it afterwards. */
static bool nests_too_deep(struct slice text) {
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > STRICT_JSON_DEPTH_MAX)
                return true;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

json_t *strict_json_object(struct slice text, const char **reason) {
    const char *why = NULL;
    json_t *json = NULL;
    if (nests_too_deep(text)) {
        why = "nests too deeply";
        goto done;
    }
    json_error_t error;
    json = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (!json) {
        why = json_error_code(&error) == json_error_duplicate_key
                  ? "has a name twice"
                  : "is not JSON";
        goto done;
    }
    if (!json_is_object(json)) {
        why = "is not a JSON object";
        json_decref(json);
        json = NULL;
    }
done:
    if (reason)
        *reason = why;
    return json;
}

struct slice strict_json_text(const json_t *json) {
    if (!json_is_string(json))
        return (struct slice){0};
    return (struct slice){json_string_value(json), json_string_length(json)};
}
