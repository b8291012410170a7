/* against_send.c - what may be sent now, in each gateway's order. */
#include <stdlib.h>

#include "broker/replay/against_play.h"

static uint64_t due_us(const struct against_play *play,
                       const struct against_step *step) {
    if (play->options->speed == 0 || step->at_us <= play->first_us)
        return play->start_us;
    return play->start_us +
           (uint64_t)(step->at_us - play->first_us) / play->options->speed;
}

/* Whether what must come before it has. An UNSUBSCRIBE takes effect at once,
 * also on what others have under way, so it does not wait for its turn. */
static bool has_come(const struct against_gateway *gateway,
                     const struct against_step *step) {
    const struct against_play *play = gateway->play;
    return play->answers.all >= step->after_answers &&
           play->questions.all >= step->after_questions &&
           play->ups_done >= step->after_ups &&
           (!step->turn || step->command == WIRE_UNSUBSCRIBE ||
            against_turn_has_come(step->turn));
}

static void drop_first(struct against_gateway *gateway) {
    gateway->first = gateway->first->next;
    gateway->play->queued--;
}

static bool send_up(struct against_gateway *gateway,
                    const struct against_step *step) {
    struct against_play *play = gateway->play;
    if (!gateway->link && has_come(gateway, step))
        against_connect(gateway);
    if (!gateway->is_up)
        return false;
    play->ups_done++;
    return true;
}

static bool send_gone(struct against_gateway *gateway,
                      const struct against_step *step) {
    if (gateway->unanswered > 0 || !has_come(gateway, step))
        return false;
    against_disconnect(gateway);
    return true;
}

/* A query's time is one of the recording: as long ago as it was then, counted
 * in the play's time. */
static int64_t renew_time(const struct against_play *play,
                          const struct against_step *step, int64_t time_us) {
    uint32_t speed = play->options->speed;
    if (time_us == 0 || time_us > step->at_us)
        return time_us;
    int64_t ago_us = step->at_us - time_us;
    return play->wall_us - (speed > 1 ? ago_us / speed : ago_us);
}

static void prepare(struct against_play *play, const struct against_step *step,
                    struct wire *command) {
    against_rewrite_command(&play->rewrite, command, &play->arena);
    if (command->kind == WIRE_FEED)
        command->as.feed.since_us =
            renew_time(play, step, command->as.feed.since_us);
    buf_clear(&play->scratch);
    wire_encode(command, &play->scratch);
}

/* An id that was not known when last looked at, looked at again. */
static bool still_waits(const struct against_play *play,
                        const struct against_step *step) {
    uint64_t live;
    return step->awaited_id &&
           against_ids_find(&play->ids, step->awaited_kind, step->awaited_id,
                            &live) == AGAINST_ID_AWAITED;
}

static void count_sent(struct against_gateway *gateway,
                       struct against_step *step) {
    struct against_play *play = gateway->play;
    uint64_t due = due_us(play, step);
    step->state = AGAINST_UNDER_WAY;
    step->sent_us = play->now_us;
    gateway->unanswered++;
    play->unanswered++;
    play->totals->commands++;
    if (play->first_sent_us == 0)
        play->first_sent_us = play->now_us;
    if (play->options->speed && play->now_us > due &&
        play->now_us - due > play->totals->late_max_us)
        play->totals->late_max_us = play->now_us - due;
}

/* True: it is done with, sent or left out. */
static bool send_command(struct against_gateway *gateway,
                         struct against_step *step) {
    struct against_play *play = gateway->play;
    if (!gateway->is_up || gateway->unanswered >= gateway->commands_max ||
        !has_come(gateway, step) || still_waits(play, step))
        return false;
    struct wire command;
    arena_reset(&play->arena);
    enum err err = wire_decode((struct slice){step->bytes, step->size},
                               &play->arena, &command, NULL);
    INVARIANT(err == ERR_OK); /* It was when it was read. */
    switch (against_rewrite_ready(&play->rewrite, &command, &step->awaited_kind,
                                  &step->awaited_id)) {
    case AGAINST_ID_AWAITED:
        return false;
    case AGAINST_ID_LOST:
        play->totals->left_out++;
        against_end_step(gateway, step, AGAINST_LEFT_OUT);
        return true;
    case AGAINST_ID_KNOWN:
        break;
    }
    prepare(play, step, &command);
    if (!link_client_send(gateway->link, buf_slice(&play->scratch)))
        return false;
    count_sent(gateway, step);
    return true;
}

static bool send_first(struct against_gateway *gateway) {
    struct against_play *play = gateway->play;
    struct against_step *step = gateway->first;
    struct against_step *next = step->next;
    bool is_done = false;
    if (due_us(play, step) > play->now_us)
        return false;
    switch (step->kind) {
    case AGAINST_STEP_UP:
        is_done = send_up(gateway, step);
        break;
    case AGAINST_STEP_GONE:
        is_done = send_gone(gateway, step);
        break;
    case AGAINST_STEP_COMMAND:
        if (!send_command(gateway, step))
            return false;
        gateway->first = next;
        play->queued--;
        return true;
    }
    if (is_done) {
        drop_first(gateway);
        free(step);
    }
    return is_done;
}

bool against_send(struct against_play *play) {
    struct against_gateway *gateway;
    bool any = false;
    for (size_t at = 0; (gateway = table_next(&play->gateways, &at, NULL));)
        while (gateway->first && !play->error.size && send_first(gateway))
            any = true;
    return any;
}

uint64_t against_due_us(const struct against_play *play) {
    const struct against_gateway *gateway;
    uint64_t first = UINT64_MAX;
    for (size_t at = 0; (gateway = table_next(&play->gateways, &at, NULL));) {
        uint64_t due =
            gateway->first ? due_us(play, gateway->first) : UINT64_MAX;
        if (due > play->now_us && due < first)
            first = due;
    }
    return first;
}
