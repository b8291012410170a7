/* against_heard.c - what was said in the recording and what is said now, laid
 * beside each other; and the end of each step. */
#include <stdlib.h>

#include "broker/replay/against_play.h"

/* A message that is compared may be as large as a link carries. */
static bool decode(struct slice bytes, struct arena *arena, struct wire *out) {
    return wire_decode(bytes, arena, out, NULL) == ERR_OK;
}

static const struct against_place nowhere;

struct difference_of {
    struct against_play *play;
    struct against_place place;
};

static void differs(void *payload, const char *path, struct slice recorded,
                    struct slice live) {
    struct difference_of *of = payload;
    if (of->place.raced)
        return; /* It is counted, no more. */
    against_differences_add(&of->play->totals->differences, path, of->place,
                            recorded, live);
}

/* A gateway's number in an event says who is behind it; of a live one it is
 * the session's. */
static void compare(struct against_play *play, struct against_place place,
                    struct slice recorded, struct slice live) {
    struct arena arena = {0};
    struct wire then;
    struct wire now;
    struct difference_of of = {play, place};
    struct against_compare compare = {.ids = &play->ids,
                                      .rewrite = &play->rewrite,
                                      .arena = &arena,
                                      .differs = differs,
                                      .payload = &of};
    if (!decode(recorded, &arena, &then)) {
        against_fail(play,
                     "%s: at %llu: what was said there "
                     "does not decode",
                     place.file, (unsigned long long)place.offset);
    } else if (decode(live, &arena, &now)) {
        if (now.kind == WIRE_EVENT && then.kind == WIRE_EVENT)
            now.as.event.origin_gateway = then.as.event.origin_gateway;
        bool same = against_compare_messages(&compare, &then, &now);
        if (!same && place.raced && !play->totals->differences.only_ends)
            play->totals->raced++;
    }
    arena_finish(&arena);
}

void against_say(struct against_play *play, const struct against_name *name,
                 enum against_side side, struct against_place place,
                 struct slice bytes) {
    struct against_said *other =
        against_pairs_meet(&play->pairs, name, side, place, bytes);
    if (!other)
        return;
    struct slice said = {other->bytes, other->size};
    if (side == AGAINST_LIVE)
        compare(play, other->place, said, bytes);
    else
        compare(play, place, bytes, said);
    free(other);
}

static bool is_ended(const struct against_step *step) {
    return step->state != AGAINST_QUEUED && step->state != AGAINST_UNDER_WAY;
}

/* What is left out is remembered, because its answers are not missed. */
static void forget(struct against_gateway *gateway, struct against_step *step) {
    if (step->state == AGAINST_LEFT_OUT)
        return;
    table_remove(&gateway->steps, step->correlation);
    free(step);
}

void against_end_step(struct against_gateway *gateway,
                      struct against_step *step, enum against_state state) {
    struct against_play *play = gateway->play;
    PRE(!is_ended(step));
    if (step->state == AGAINST_UNDER_WAY) {
        gateway->unanswered--;
        play->unanswered--;
    }
    step->state = state;
    against_turn_done(&play->turns, step->turn);
    step->turn = NULL;
    if (step->question)
        against_answers_come(&play->questions, step->question);
    if (step->answer == 0)
        return; /* The recording's comes yet, or never does. */
    against_answers_come(&play->answers, step->answer);
    forget(gateway, step);
}

void against_answer_read(struct against_gateway *gateway,
                         struct against_step *step) {
    if (step->answer != 0)
        return;
    step->answer = against_answers_issue(&gateway->play->answers, step->thing,
                                         step->command);
    if (!is_ended(step))
        return;
    against_answers_come(&gateway->play->answers, step->answer);
    forget(gateway, step);
}

/* --- What met nothing -------------------------------------------------------
 */

/* The step behind it, if its end is not known on both sides. */
static const struct against_step *step_of(const struct against_play *play,
                                          const struct against_name *name) {
    bool is_reply = name->what == 0;
    if (!is_reply && (name->what != WIRE_EVENT || name->first == 0))
        return NULL;
    const struct against_gateway *gateway =
        table_find(&play->gateways, is_reply ? name->gateway : name->first);
    return gateway ? table_find(&gateway->steps,
                                is_reply ? name->first : name->second)
                   : NULL;
}

static void left(void *payload, const struct against_name *name,
                 enum against_side side, const struct against_said *said) {
    struct against_play *play = payload;
    const struct against_step *step = step_of(play, name);
    struct arena arena = {0};
    struct wire wire;
    struct slice bytes = {said->bytes, said->size};
    struct slice none = {0};
    if (step && step->state == AGAINST_LEFT_OUT)
        return;
    if (side == AGAINST_LIVE && step && step->answer == 0) {
        play->totals->unrecorded++; /* The recording ended before it. */
        return;
    }
    buf_clear(&play->scratch);
    if (decode(bytes, &arena, &wire))
        wire_print(&wire, &play->scratch);
    arena_finish(&arena);
    bool is_reply = name->what == 0;
    if (side == AGAINST_RECORDED)
        against_differences_add(&play->totals->differences,
                                is_reply ? AGAINST_MISSING_REPLY
                                         : "missing event",
                                said->place, buf_slice(&play->scratch), none);
    else
        against_differences_add(&play->totals->differences,
                                is_reply ? "unexpected reply"
                                         : "unexpected event",
                                nowhere, none, buf_slice(&play->scratch));
}

void against_settle(struct against_play *play) {
    against_pairs_leave(&play->pairs, left, play);
    while (play->parked) {
        struct against_parked *parked = play->parked;
        play->parked = parked->next;
        free(parked);
        against_differences_add(&play->totals->differences, "unexpected event",
                                nowhere, (struct slice){0},
                                SLICE("of a room that the trace has not"));
    }
}
