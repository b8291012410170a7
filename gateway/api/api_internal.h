/* api_internal.h - what the files of the server API share. A call is one row
 * of the table in api_server.c: how its path looks, what makes the command of
 * the request, and what makes the answer of the broker's reply. */
#ifndef GATEWAY_API_API_INTERNAL_H
#define GATEWAY_API_API_INTERNAL_H

#include <jansson.h>

#include "gateway/api/api.h"

/* Ids in one path. */
#define API_IDS_MAX 2u

/* A name in a path: an order review's id. */
#define API_NAME_BYTES_MAX 64u

/* A request whose path and body are understood so far. */
struct api_ask {
    struct call_next *next;
    uint64_t ids[API_IDS_MAX]; /* From the path, each 1 .. ID_MAX. */
    struct slice name;         /* From the path; lives in the arena. */
    struct slice query;
    struct slice text; /* The body as it came. */
    json_t *body;      /* An object; NULL: the call takes no body. */
};

/* The broker's reply to a request. */
struct api_answer {
    struct call_next *next;
    struct slice memo;        /* What the request wrote into next->memo. */
    const struct wire *reply; /* Of the kind that the table says. */
};

/* --- api_say.c: answers --------------------------------------------------- */

/* {"error": {...}}. |code| is a stable name, |field| empty where no field is
 * to blame (then it is null). Always false, so that a check can return it. */
bool api_say_error(struct call_next *next, unsigned status, const char *code,
                   struct slice field, const char *detail);

/* The broker's refusal with the status that fits. */
void api_say_refusal(struct call_next *next,
                     const struct wire_reply_error *error);

/* 204. */
void api_say_nothing(struct api_answer *answer);

/* --- api_body.c: the fields of a request ---------------------------------- */

enum api_type {
    API_TEXT,    /* struct slice: bytes_min .. bytes_max bytes. */
    API_MESSAGE, /* struct slice: at most LIMIT_TEXT_POINTS code points. */
    API_BOOL,    /* bool */
    API_ID,      /* uint64_t or an id: 1 .. ID_MAX. */
    API_ROLE,    /* uint8_t: enum member_role. */
    API_KIND,    /* uint8_t: enum room_kind. */
    API_LIST     /* json_t *, borrowed from the body. */
};

/* One field of a JSON object and where its value goes. A field that is not
 * required may be missing, and null unless it is a bool or a list; what it
 * goes to then stays as it was. */
struct api_field {
    const char *name;
    enum api_type type;
    bool required;
    uint32_t bytes_min;
    uint32_t bytes_max;
    size_t offset; /* In the struct that is filled. */
};

/* Fields of one object at most. */
#define API_FIELDS_MAX 16u

/* The body of |ask| into |out|. Texts are copied into the arena. False: it
 * has been answered with the error that names the field. */
bool api_take_body(struct api_ask *ask, const struct api_field *fields,
                   size_t count, void *out) MUST_CHECK;

/* The same for an object inside the body; |within| is its place there, such
 * as "members[3]". */
bool api_take_object(struct call_next *next, const char *within,
                     const json_t *object, const struct api_field *fields,
                     size_t count, void *out) MUST_CHECK;

/* A whole number of the query, digits only. Over UINT64_MAX: UINT64_MAX. */
bool api_take_digits(struct slice text, uint64_t *out) MUST_CHECK;

/* --- The calls ------------------------------------------------------------ */

void api_user_put(struct api_ask *ask);
void api_user_get(struct api_ask *ask);
void api_user_say(struct api_answer *answer);

void api_presence_get(struct api_ask *ask);
void api_presence_say(struct api_answer *answer);
void api_user_kick(struct api_ask *ask);
void api_room_presence_say(struct api_answer *answer);

void api_room_create(struct api_ask *ask);
void api_room_get(struct api_ask *ask);
void api_room_patch(struct api_ask *ask);
void api_room_delete(struct api_ask *ask);
void api_room_say(struct api_answer *answer);

void api_member_put(struct api_ask *ask);
void api_member_remove(struct api_ask *ask);
void api_member_say(struct api_answer *answer);

void api_message_send(struct api_ask *ask);
void api_message_go_on(struct api_answer *answer);
void api_message_say(struct api_answer *answer);
void api_messages_get(struct api_ask *ask);
void api_messages_say(struct api_answer *answer);

void api_review_put(struct api_ask *ask);
void api_review_say(struct api_answer *answer);

#endif
