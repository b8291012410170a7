/* room_run.h - the commands of a room, one file each (cmd_*.c). */
#ifndef BROKER_CORE_ROOM_RUN_H
#define BROKER_CORE_ROOM_RUN_H

#include "broker/core/room.h"

extern const struct actor_type room_type;

void room_destroy(struct core *core, struct actor *actor);

/* Takes a ROW_ROOM; see actor_type. */
bool room_load(struct core *core, struct actor *actor, const struct wire *row);

/* Whether the row of a room that was found does not contradict itself. */
bool room_row_is_sound(const struct wire_row_room *row, room_id id);

/* The room is as the row says; copies it. */
void room_take_row(struct room *room, const struct wire_row_room *row);

/* Answers who is no member, once that is on disk: what is refused must not
 * tell of what may still be undone. */
enum run room_refuse_stranger(struct core *core, const struct room *room,
                              const struct command *command);

/* Asks for what a WIRE_SEND that begins to wait will need. */
void cmd_send_begin_wait(struct core *core, struct waiting *waiting,
                         const struct wire *wire);

/* What would be refused in a room without messages: the field, or NULL. */
const char *cmd_send_fault(const struct wire_send *send);

enum run cmd_send(struct core *core, struct room *room,
                  const struct command *command);
enum run cmd_edit(struct core *core, struct room *room,
                  const struct command *command);
enum run cmd_delete(struct core *core, struct room *room,
                    const struct command *command);
enum run cmd_mark(struct core *core, struct room *room,
                  const struct command *command);
enum run cmd_join(struct core *core, struct room *room,
                  const struct command *command);
enum run cmd_leave(struct core *core, struct room *room,
                   const struct command *command);
enum run cmd_member_put(struct core *core, struct room *room,
                        const struct command *command);
enum run cmd_member_remove(struct core *core, struct room *room,
                           const struct command *command);
enum run cmd_room_get(struct core *core, struct room *room,
                      const struct command *command);
enum run cmd_room_patch(struct core *core, struct room *room,
                        const struct command *command);
enum run cmd_room_delete(struct core *core, struct room *room,
                         const struct command *command);
enum run cmd_subscribe(struct core *core, struct room *room,
                       const struct command *command);
enum run cmd_unsubscribe(struct core *core, struct room *room,
                         const struct command *command);
enum run cmd_resume(struct core *core, struct room *room,
                    const struct command *command);
enum run cmd_history(struct core *core, struct room *room,
                     const struct command *command);
enum run cmd_room_view(struct core *core, struct room *room,
                       const struct command *command);
enum run cmd_events(struct core *core, struct room *room,
                    const struct command *command);
enum run cmd_typing(struct core *core, struct room *room,
                    const struct command *command);

/* Tells a gateway that begins to hear the room who is typing. */
void typing_tell(struct core *core, const struct room *room, uint32_t gateway);

#endif
