/* chats.c - the dialect's vtable, and its refusals by the gateway. */
#include "gateway/frontends/chats/chats.h"

static void refuse(void *state, const struct frontend_config *config,
                   struct slice text, const struct wire_reply_error *error,
                   bool throttled, struct sink *sink) {
    (void)state;
    (void)config;
    struct chats_refusal refusal = chats_refusal_of(error->refusal);
    struct slice detail = error->detail;
    struct chats_echo echo;
    struct buf answer = {0};
    if (throttled) {
        refusal.code = "throttled";
        detail = SLICE("Too many requests; slow down.");
    }
    if (detail.size == 0)
        detail = slice_of(refusal.detail);
    chats_echo_of(text, &echo);
    chats_put_error(&answer, &echo, refusal.code, detail, (struct slice){0});
    sink_text(sink, buf_slice(&answer));
    buf_finish(&answer);
}

static const char *const http_paths[] = {"/chats/", NULL};

const struct frontend frontend_chats = {
    .abi = FRONTEND_ABI,
    .name = "chats",
    .path = "/ws/chats/",
    .alias = "/ws/chat/",
    .http_paths = http_paths,
    .feed = true,
    .answers_are_events = true,
    .bearer_subprotocol = true,
    .receive = chats_receive,
    .reply = chats_reply,
    .broadcast = chats_broadcast,
    .typing = chats_typing,
    .presence = chats_presence,
    .refuse = refuse,
    .http = &chats_calls,
};
