/* dialogs_take.c - the values of a request, each with what may be wrong with
 * it; shared by the frames and the HTTP call. */
#include "common/utf8.h"
#include "gateway/frontends/dialogs/dialogs.h"
#include "gateway/json/text.h"

const char *dialogs_take_id(const struct json_member *from, uint64_t *out) {
    bool negative;
    if (json_whole(from, out, &negative) != ERR_OK)
        return "A valid integer is required.";
    if (negative || *out == 0 || *out > ID_MAX)
        return "It must be 1 to 2^53 - 1.";
    return NULL;
}

const char *dialogs_take_whole(const struct json_member *from, uint64_t *out) {
    bool negative;
    if (from->type != JSON_NUMBER || json_whole(from, out, &negative) != ERR_OK)
        return "A valid integer is required.";
    if (negative && *out > 0)
        return "It must not be negative.";
    if (*out > ID_MAX)
        *out = ID_MAX;
    return NULL;
}

const char *dialogs_take_text(const struct json_member *from, struct buf *out) {
    if (from->type != JSON_TEXT)
        return "Not a valid string.";
    /* What comes in frames was checked before, what comes by HTTP was not. */
    if (!utf8_is_valid(from->raw) || json_unescape(from->raw, out) != ERR_OK)
        return "NUL and unpaired surrogates are not allowed.";
    return NULL;
}

const char *dialogs_take_body(const struct json_member *from, struct buf *text,
                              struct slice *out) {
    const char *wrong = dialogs_take_text(from, text);
    if (wrong)
        return wrong;
    *out = text_trim(buf_slice(text));
    if (out->size == 0)
        return "It must not be empty.";
    if (text_points(*out) > LIMIT_TEXT_POINTS)
        return "It must have at most 8192 characters.";
    return NULL;
}

const char *dialogs_take_key(const struct json_member *from, struct buf *text) {
    const char *wrong = dialogs_take_text(from, text);
    if (!wrong && (text->size < 1 || text->size > LIMIT_CLIENT_KEY_BYTES))
        wrong = "It must have 1 to 128 bytes.";
    return wrong;
}
