/* dialogs.c - the dialect's vtable, and its refusals by the gateway. */
#include "gateway/frontends/dialogs/dialogs.h"

static void refuse(void *state, const struct frontend_config *config,
                   struct slice text, const struct wire_reply_error *error,
                   bool throttled, struct sink *sink) {
    (void)state;
    (void)config;
    struct dialogs_echo echo;
    struct dialogs_memo nothing = {0};
    struct buf answer = {0};
    struct wire reply = {.kind = WIRE_REPLY_ERROR, .as.reply_error = *error};
    struct dialogs_error refusal = dialogs_error_of(&reply, &nothing);
    if (throttled)
        refusal = (struct dialogs_error){
            .code = "throttled", .detail = SLICE("Request was throttled.")};
    dialogs_echo_of(text, &echo);
    dialogs_put_error(&answer, &echo, &refusal);
    sink_text(sink, buf_slice(&answer));
    buf_finish(&answer);
}

static const char *const http_paths[] = {"/api/dialogs/new-message", NULL};

const struct frontend frontend_dialogs = {
    .abi = FRONTEND_ABI,
    .name = "dialogs",
    .path = "/ws/",
    .alias = "/ws/token", /* So its clients misspell "/ws/?token=". */
    .http_paths = http_paths,
    .feed = true,
    .answers_are_events = true,
    .receive = dialogs_receive,
    .reply = dialogs_reply,
    .broadcast = dialogs_broadcast,
    .unread = dialogs_unread,
    .refuse = refuse,
    .http = &dialogs_http,
};
