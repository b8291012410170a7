/* chats.h - the frames of the `chats` dialect that the load client writes and
 * reads. Rooms are projects whose keys are a name and a number, "crowd-17". */
#ifndef TESTS_BENCH_CHATS_H
#define TESTS_BENCH_CHATS_H

#include "tests/bench/message.h"

/* The fence is no event of the dialect: its error comes when everything that
 * was asked before it is answered, and the connection's rooms are in. */
struct slice chats_fence(char out[MESSAGE_FRAME_BYTES_MAX]);
bool chats_is_fence(struct slice text);

struct slice chats_typing(char out[MESSAGE_FRAME_BYTES_MAX], const char *name,
                          uint32_t room);
struct slice chats_new(char out[MESSAGE_FRAME_BYTES_MAX], const char *name,
                       uint32_t room);
struct slice chats_presence(char out[MESSAGE_FRAME_BYTES_MAX], bool is_online);

/* Whether the frame is of this type. */
bool chats_is(struct slice text, const char *type);

/* The number of the frame's room; false if its key does not begin with |name|
 * and a hyphen. */
bool chats_room(struct slice text, const char *name, uint32_t *room);

#endif
