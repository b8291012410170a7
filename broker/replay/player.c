/* player.c - see player.h. */
#include "broker/replay/player.h"

#include <stdio.h>

#include "broker/core/snapshot.h"

void player_finish(struct player *player) {
    core_destroy(player->core);
    effects_finish(&player->effects);
    arena_finish(&player->arena);
    *player = (struct player){0};
}

void player_begin(struct player *player, const struct trace_head *head) {
    core_destroy(player->core);
    player->core = core_create(&head->core);
    player->has_state = false;
    player->state_digest = head->state_digest;
}

enum err player_restore(struct player *player, struct slice message,
                        struct trace_error *error) {
    struct wire_error fault;
    const char *why = "";
    arena_reset(&player->arena);
    if (wire_decode(message, &player->arena, &player->wire, &fault) != ERR_OK) {
        snprintf(error->text, sizeof error->text,
                 "a piece of the state does not decode: %s.%s %s",
                 fault.message, fault.field, fault.reason);
        return ERR_MALFORMED;
    }
    player->has_state = true;
    enum err err = core_restore(player->core, &player->wire, &why);
    if (err != ERR_OK)
        snprintf(error->text, sizeof error->text,
                 "a piece of the state cannot be: %s: %s",
                 wire_kind_name(player->wire.kind), why);
    return err;
}

enum err player_ready(struct player *player, struct trace_error *error) {
    const char *why = "";
    uint64_t wanted = player->state_digest;
    if (player->has_state && core_restored(player->core, &why) != ERR_OK) {
        snprintf(error->text, sizeof error->text,
                 "the pieces of the state do not fit: %s", why);
        return ERR_MALFORMED;
    }
    player->has_state = false;
    player->state_digest = 0;
    if (wanted && core_digest(player->core) != wanted) {
        snprintf(error->text, sizeof error->text,
                 "the state is another one than the head says");
        return ERR_STALE;
    }
    return ERR_OK;
}

enum err player_decode(struct player *player, struct core_input *input,
                       struct trace_error *error) {
    struct wire_error fault;
    arena_reset(&player->arena);
    enum err err =
        trace_input_decode(input, &player->arena, &player->wire, &fault);
    if (err != ERR_OK)
        snprintf(error->text, sizeof error->text,
                 "no broker says this to a core: %s.%s %s", fault.message,
                 fault.field, fault.reason);
    return err;
}

void player_step(struct player *player, const struct core_input *input) {
    effects_clear(&player->effects);
    core_step(player->core, input, &player->effects);
}
