/* fake_broker.h - the broker's end of a gateway's link, for tests: a few rooms
 * in memory, everybody a member of all of them unless a test names the members,
 * every message "stored" at once. It does what a test tells it: keep silent,
 * lose a link, start anew. */
#ifndef TESTS_UNIT_FAKE_BROKER_H
#define TESTS_UNIT_FAKE_BROKER_H

#include "common/link/link_server.h"
#include "common/wire/wire.h"

#define FAKE_ROOMS 64u

struct fake_broker;

/* Listens at |endpoint|; aborts if it cannot. */
struct fake_broker *fake_broker_create(const char *endpoint, uint64_t epoch);

/* What was stored stays: give it to the next one. Accepts NULL. */
void fake_broker_destroy(struct fake_broker *broker);

/* One turn: takes what came and answers. */
void fake_broker_turn(struct fake_broker *broker);

/* The server, to wait for. */
struct link_server *fake_broker_server(struct fake_broker *broker);

/* Where it listens, with the port taken. */
const char *fake_broker_endpoint(const struct fake_broker *broker);

/* While silent, commands of this kind are carried out but not answered, and
 * their events are kept back. 0: none. */
void fake_broker_silence(struct fake_broker *broker, int kind);

/* Commands of this kind are kept as they came until they are released. 0: none.
 */
void fake_broker_hold(struct fake_broker *broker, int kind);
void fake_broker_release(struct fake_broker *broker);

/* The room is |key| and has these members; nobody is told. */
void fake_broker_room(struct fake_broker *broker, room_id room,
                      enum room_kind kind, const char *key,
                      const uint64_t *users, uint32_t count);

/* The user becomes a member: the event, and the notice to all gateways, in
 * this order or the other. */
void fake_broker_join(struct fake_broker *broker, room_id room, user_id user,
                      bool notice_first);

/* The notice alone, of any room: there need be none. */
void fake_broker_membership(struct fake_broker *broker, room_id room,
                            user_id user, uint64_t after_place);

/* While refusing, commands of this kind are refused for now. 0: none. */
void fake_broker_refuse(struct fake_broker *broker, int kind);

/* From now on FEED names so many rooms at most. */
void fake_broker_feed_max(struct fake_broker *broker, uint32_t rooms);

/* |count| users, from |first| on, come online. */
void fake_broker_crowd(struct fake_broker *broker, user_id first,
                       uint32_t count);

/* Notices to all gateways. */
void fake_broker_presence(struct fake_broker *broker, user_id user,
                          bool online);
void fake_broker_typed(struct fake_broker *broker, room_id room, user_id user);
void fake_broker_kick(struct fake_broker *broker, user_id user);

/* Ends the links of all gateways. */
void fake_broker_cut(struct fake_broker *broker);

/* The one that inherits from it took over now already. */
void fake_broker_lose(struct fake_broker *broker);

/* Takes over the rooms of |from|, and what it refuses. */
void fake_broker_inherit(struct fake_broker *broker, struct fake_broker *from);

/* An event as if made elsewhere. */
void fake_broker_event(struct fake_broker *broker, room_id room,
                       enum event_kind kind, user_id user, const char *text);

/* From now on the event at |place| is not read back, as one of a message that
 * is deleted. */
void fake_broker_leave_out(struct fake_broker *broker, room_id room,
                           uint64_t place);

/* How many commands of this kind came. */
uint32_t fake_broker_count(const struct fake_broker *broker,
                           enum wire_kind kind);

/* The CONNECTs among them, by their kind. */
uint32_t fake_broker_connects(const struct fake_broker *broker,
                              enum connect_kind kind);

/* The last place of a room, and whether any gateway has interest in it. */
uint64_t fake_broker_place(const struct fake_broker *broker, room_id room);
bool fake_broker_interest(const struct fake_broker *broker, room_id room);

#endif
