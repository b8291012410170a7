/* api_say.c - the answers that every call may give: errors, and nothing. */
#include "gateway/api/api_internal.h"
#include "gateway/json/error.h"

/* A field's name comes from the client: what is echoed of it is bounded. */
#define FIELD_BYTES_MAX 256u

bool api_say_error(struct call_next *next, unsigned status, const char *code,
                   struct slice field, const char *detail) {
    next->ask = false;
    next->status = status;
    if (field.size > FIELD_BYTES_MAX)
        field.size = FIELD_BYTES_MAX;
    buf_clear(&next->body);
    error_put_body(&next->body, code, slice_of(detail), field);
    return false;
}

/* By enum wire_refusal. */
static const struct {
    unsigned status;
    const char *code;
    const char *detail; /* Where the broker gives none. */
} refusals[REFUSED_LAST + 1] = {
    [REFUSED_NOT_FOUND] = {404, "not_found", "There is no such thing."},
    [REFUSED_FORBIDDEN] = {403, "forbidden", "That is not allowed."},
    [REFUSED_BAD_FIELD] = {400, "bad_field", "The field is not right."},
    [REFUSED_CONFLICT] = {409, "conflict", "It contradicts what is stored."},
    [REFUSED_TRY_AGAIN] = {503, "try_again", "Try again later."},
    [REFUSED_STORAGE_FULL] = {503, "storage_full", "The storage is full."},
    [REFUSED_STORAGE_FAILED] = {503, "storage_failed", "The storage failed."},
    [REFUSED_OVERLOADED] = {503, "overloaded", "A limit is reached."},
    [REFUSED_UNKNOWN_OUTCOME] = {504, "unknown_outcome",
                                 "Whether it was done is not known."},
    /* Between broker and persister; whoever asks meets it by accident. */
    [REFUSED_HELD] = {503, "try_again", "Try again later."},
    [REFUSED_STALE] = {503, "try_again", "Try again later."},
};

void api_say_refusal(struct call_next *next,
                     const struct wire_reply_error *error) {
    uint8_t refusal = error->refusal;
    if (refusal > REFUSED_LAST || !refusals[refusal].code)
        refusal = REFUSED_TRY_AGAIN;
    struct slice field = {0};
    if (error->field.size)
        field = error->field;
    char detail[256];
    size_t size = error->detail.size;
    if (size >= sizeof(detail))
        size = sizeof(detail) - 1;
    if (size)
        memcpy(detail, error->detail.data, size);
    detail[size] = '\0';
    api_say_error(next, refusals[refusal].status, refusals[refusal].code, field,
                  size ? detail : refusals[refusal].detail);
}

void api_say_nothing(struct api_answer *answer) {
    answer->next->status = 204;
}
