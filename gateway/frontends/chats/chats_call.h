/* chats_call.h - what the dialect's HTTP calls share:
 *
 *   GET /chats/directs/                    all chats of a kind, a list
 *   GET /chats/directs/{chat_id}/          one of them
 *   GET /chats/directs/{chat_id}/messages/ its messages, a page
 *   GET /chats/has-unreads/
 *
 * The same with projects and orders; the last slash may be missing. */
#ifndef GATEWAY_FRONTENDS_CHATS_CHATS_CALL_H
#define GATEWAY_FRONTENDS_CHATS_CHATS_CALL_H

#include "gateway/frontends/chats/chats.h"

/* How many messages a page has, if nothing else is said, and at most. */
#define CHATS_PAGE_SIZE 20u
#define CHATS_PAGE_SIZE_MAX 100u

/* Views asked for at a time: so many fit into one reply (LIMIT_WIRE_BYTES),
 * each with the longest message that quotes another such. */
#define CHATS_LIST_STEP 40u

/* A list is complete up to so many chats, those with the latest activity, and
 * so many bytes. */
#define CHATS_LIST_MAX LIMIT_FEED_ROOMS
#define CHATS_LIST_BYTES_MAX (8u << 20)

enum chats_call { CALL_LIST, CALL_ONE, CALL_MESSAGES, CALL_UNREADS };

/* Begins each memo: what stands behind it is the call's own. */
struct chats_call_head {
    uint8_t call; /* enum chats_call */
    uint8_t kind; /* enum room_kind; 0: none. */
    uint16_t steps;
    uint32_t unused; /* So that what follows is aligned. */
};

/* A request whose path is understood. */
struct chats_ask {
    struct call_next *next;
    const struct call_request *request;
    struct chats_call_head head;
    struct slice key; /* Lives in the arena. */
};

/* The broker's reply to it, of the kind that the call expects. */
struct chats_answer {
    struct call_next *next;
    struct chats_call_head head;
    struct slice memo; /* Behind the head. */
    const struct wire *reply;
};

/* {"error": {code, detail, field}}; no field is ever to blame. */
void chats_say_error(struct call_next *next, unsigned status, const char *code,
                     const char *detail);
void chats_say_refusal(struct call_next *next, uint8_t refusal);

/* Sets next->ask and begins its memo. False: too many commands already; it is
 * answered. */
bool chats_ask_again(struct call_next *next, struct chats_call_head *head);

/* A chat as lists show it. */
void chats_put_chat(struct buf *out, const struct call_next *next,
                    const struct wire_view *view,
                    const struct wire_profile *profiles, uint32_t count);

void chats_list_ask(struct chats_ask *ask);
void chats_list_say(struct chats_answer *answer);
void chats_messages_ask(struct chats_ask *ask);
void chats_messages_say(struct chats_answer *answer);

#endif
