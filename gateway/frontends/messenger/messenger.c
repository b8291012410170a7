/* messenger.c - the dialect's vtable, and its refusals by the gateway. */
#include "gateway/frontends/messenger/messenger.h"

static void refuse(void *state, const struct frontend_config *config,
                   struct slice text, const struct wire_reply_error *error,
                   bool throttled, struct sink *sink) {
    (void)state;
    (void)config;
    struct messenger_echo echo;
    struct buf answer = {0};
    messenger_echo_of(text, &echo);
    if (throttled)
        messenger_put_error(&answer, &echo, 429, (struct slice){0},
                            SLICE("Request was throttled."));
    else
        messenger_put_error(&answer, &echo, 503, error->field, error->detail);
    sink_text(sink, buf_slice(&answer));
    buf_finish(&answer);
}

const struct frontend frontend_messenger = {
    .abi = FRONTEND_ABI,
    .name = "messenger",
    .path = "/messenger/chat/",
    .state_size = sizeof(struct messenger_state),
    .receive = messenger_receive,
    .reply = messenger_reply,
    .broadcast = messenger_broadcast,
    .refuse = refuse,
};
