/* dialogs_error.c - refusals of the broker in the words of this dialect. */
#include "gateway/frontends/dialogs/dialogs.h"

#define NO_FILE "There is no such file of yours."

/* By enum wire_refusal. */
static const struct {
    unsigned status;
    const char *code;
    const char *detail; /* Where the broker gives none. */
} refusals[REFUSED_LAST + 1] = {
    [REFUSED_NOT_FOUND] = {404, "not_found", "Not found."},
    [REFUSED_FORBIDDEN] = {403, "forbidden", "That is not allowed."},
    [REFUSED_BAD_FIELD] = {400, "bad_field", "Not a valid value."},
    [REFUSED_CONFLICT] = {409, "conflict", "It contradicts what is stored."},
    [REFUSED_TRY_AGAIN] = {503, "try_again", "Try again later."},
    [REFUSED_STORAGE_FULL] = {503, "storage_full", "The storage is full."},
    [REFUSED_STORAGE_FAILED] = {503, "storage_failed", "The storage failed."},
    [REFUSED_OVERLOADED] = {503, "overloaded", "A limit is reached."},
    [REFUSED_UNKNOWN_OUTCOME] = {504, "unknown_outcome",
                                 "Whether it was done is not known. Try again "
                                 "with the same client_key."},
    /* Between broker and persister; whoever asks meets it by accident. */
    [REFUSED_HELD] = {503, "try_again", "Try again later."},
    [REFUSED_STALE] = {503, "try_again", "Try again later."},
};

/* The broker's name of a field, this dialect's, and what is wrong with it
 * where the broker does not say. */
static const struct {
    const char *theirs;
    const char *ours;
    const char *detail;
} fields[] = {
    {"reply_to", "reply_id", "There is no such message in this dialog."},
    {"message", "message_id", "One's own message cannot be marked as read."},
    {"files", "file_id", NO_FILE},
    {"text", "body", NULL},
    {"room", "dialog_id", NULL},
    {"key", "user_id", NULL},
};

struct dialogs_error dialogs_error_of(const struct wire *reply,
                                      const struct dialogs_memo *memo) {
    struct wire_reply_error given = {.refusal = REFUSED_TRY_AGAIN};
    if (reply->kind == WIRE_REPLY_ERROR)
        given = reply->as.reply_error;
    uint8_t refusal = given.refusal;
    if (refusal > REFUSED_LAST || !refusals[refusal].code)
        refusal = REFUSED_TRY_AGAIN;
    /* That was only a question: nothing has been stored. */
    if (refusal == REFUSED_UNKNOWN_OUTCOME &&
        (memo->file.value || memo->looking))
        refusal = REFUSED_TRY_AGAIN;
    struct dialogs_error error = {.status = refusals[refusal].status,
                                  .code = refusals[refusal].code,
                                  .detail = slice_of(refusals[refusal].detail),
                                  .field = given.field};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (slice_equal(given.field, slice_of(fields[i].theirs))) {
            error.field = slice_of(fields[i].ours);
            if (refusal == REFUSED_BAD_FIELD && fields[i].detail)
                error.detail = slice_of(fields[i].detail);
        }
    if (given.detail.size)
        error.detail = given.detail;
    bool in_a_dialog =
        memo->event == DIALOGS_MESSAGES_LOAD || memo->event == DIALOGS_CREATE;
    if (refusal == REFUSED_NOT_FOUND && in_a_dialog && !given.field.size) {
        error.field = SLICE("dialog_id");
        error.detail = SLICE("There is no such dialog.");
    }
    return error;
}

struct dialogs_error dialogs_error_no_file(void) {
    return (struct dialogs_error){400, refusals[REFUSED_BAD_FIELD].code,
                                  SLICE(NO_FILE), SLICE("file_id")};
}
