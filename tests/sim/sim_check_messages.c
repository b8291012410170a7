/* sim_check_messages.c - what was acknowledged, or seen by anybody, is in the
 * history, once, in one order. */
#include <inttypes.h>
#include <stdlib.h>

#include "common/buf.h"
#include "tests/sim/sim_check.h"

/* Rooms that were, or may have been, deleted keep nothing. */
static bool is_kept(const struct past *past) {
    return past->is_stored || past->deletion.tries == past->deletion.refused;
}

static void check_said(struct history *history) {
    for (uint32_t i = 0; i < history->saids_count; i++) {
        const struct said *said = &history->saids[i];
        if (said->deed.ok == NEVER)
            continue;
        const struct seen *seen = history_seen(history, said->message);
        if (is_kept(history_past(history, said->room)) && !seen->is_stored)
            history_broken(history, "1",
                           "m%" PRIu32 " of user %" PRIu64
                           " was acknowledged at place %" PRIu64
                           " of room %" PRIu64 " and is not stored",
                           i, said->user, said->place, said->room);
    }
}

/* The text at the end is not older than one that was acknowledged. */
static void check_text(struct history *history, const struct seen *seen) {
    uint64_t shown_ok = 0; /* Of the edit that is shown. */
    if (seen->stored_edit != UINT32_MAX)
        shown_ok = history->edits[seen->stored_edit].deed.ok;
    for (uint32_t i = 0; i < history->edits_count; i++) {
        const struct edit *edit = &history->edits[i];
        if (edit->message != seen->message || edit->deed.tries == 0 ||
            edit->deed.ok == NEVER || i == seen->stored_edit)
            continue;
        if (edit->deed.asked > shown_ok)
            history_broken(history, "1",
                           "edit %" PRIu32 " of message %" PRIu64
                           " was acknowledged and an older text is stored",
                           i, seen->message);
    }
}

static void check_seen(struct history *history) {
    for (uint32_t i = 0; i < history->seens_count; i++) {
        const struct seen *seen = &history->seens[i];
        const struct past *past = history_past(history, seen->room);
        if (!is_kept(past))
            continue;
        if (!seen->is_stored)
            history_broken(history, "2",
                           "message %" PRIu64 " at place %" PRIu64
                           " of room %" PRIu64 " was seen and is not stored",
                           seen->message, seen->place, seen->room);
        bool deleted = seen->deletion.tries > 0 && seen->deletion.ok != NEVER;
        if (deleted && seen->is_stored && !seen->is_stored_deleted)
            history_broken(history, "1",
                           "the deletion of message %" PRIu64
                           " was acknowledged and is not stored",
                           seen->message);
        if (!seen->is_stored_deleted)
            check_text(history, seen);
    }
}

/* --- Order ---------------------------------------------------------------- */

static int by_place(const void *a, const void *b) {
    const struct said *const *left = a, *const *right = b;
    return ((*left)->place > (*right)->place) -
           ((*left)->place < (*right)->place);
}

/* What was acknowledged before another was sent comes before it. */
static void check_order(struct history *history, const struct past *past) {
    const struct said **list =
        mem_zalloc((history->saids_count + 1) * sizeof(*list));
    uint32_t count = 0;
    for (uint32_t i = 0; i < history->saids_count; i++)
        if (history->saids[i].room == past->room && history->saids[i].place)
            list[count++] = &history->saids[i];
    qsort(list, count, sizeof(*list), by_place);
    uint64_t ok = NEVER; /* The first acknowledgement of all that follow. */
    for (uint32_t i = count; i-- > 0;) {
        history->checked.orders++;
        if (ok < list[i]->deed.asked)
            history_broken(history, "3",
                           "the message at place %" PRIu64 " of room %" PRIu64
                           " was sent after a later one was acknowledged",
                           list[i]->place, past->room);
        if (list[i]->deed.ok < ok)
            ok = list[i]->deed.ok;
    }
    free(list);
}

/* The store leaves out the creation and the edits of what is deleted. */
static bool may_be_left_out(const struct history *history,
                            const struct fact *fact) {
    if (fact->kind != EVENT_MESSAGE_CREATED &&
        fact->kind != EVENT_MESSAGE_EDITED)
        return false;
    const struct seen *seen = history_seen(history, fact->message);
    return seen && seen->is_stored_deleted;
}

static void check_facts(struct history *history, const struct past *past) {
    uint64_t deleted = 0;
    if (!past->is_stored)
        return;
    for (uint32_t i = 0; i < history->seens_count; i++)
        deleted += history->seens[i].room == past->room &&
                   history->seens[i].is_stored_deleted;
    for (uint64_t place = 2; place < past->facts_count; place++) {
        const struct fact *fact = past_fact(past, place);
        if (fact && !fact->is_stored && !may_be_left_out(history, fact))
            history_broken(history, "2",
                           "%s at place %" PRIu64 " of room %" PRIu64
                           " was seen and is not stored",
                           wire_event_name(fact->kind), place, past->room);
    }
    for (uint64_t place = 2; place <= past->stored_place; place++) {
        if (!past_fact(past, place) && deleted == 0)
            history_broken(history, "3",
                           "place %" PRIu64 " of room %" PRIu64
                           " is missing in the store",
                           place, past->room);
    }
    if (past->last_place > past->stored_place)
        history_broken(history, "2",
                       "place %" PRIu64 " of room %" PRIu64
                       " was seen and the store ends at %" PRIu64,
                       past->last_place, past->room, past->stored_place);
}

/* Stored messages are numbered 1, 2, 3, ... in the order of their places. */
static void check_ordinals(struct history *history, const struct past *past) {
    uint64_t *places = mem_zalloc((past->stored_ordinal + 2) * sizeof(*places));
    uint64_t live = 0;
    for (uint32_t i = 0; past->is_stored && i < history->seens_count; i++) {
        const struct seen *seen = &history->seens[i];
        if (seen->room != past->room || !seen->is_stored)
            continue;
        live += !seen->is_stored_deleted;
        if (seen->ordinal == 0 || seen->ordinal > past->stored_ordinal ||
            places[seen->ordinal])
            history_broken(history, "3",
                           "message %" PRIu64 " of room %" PRIu64
                           " has the ordinal %" PRIu64
                           ", which another has, or which is none",
                           seen->message, past->room, seen->ordinal);
        else
            places[seen->ordinal] = seen->place;
    }
    for (uint64_t i = 1; past->is_stored && i <= past->stored_ordinal; i++)
        if (places[i] <= places[i - 1])
            history_broken(history, "3",
                           "ordinal %" PRIu64 " of room %" PRIu64
                           " is missing or out of order",
                           i, past->room);
    if (past->is_stored && live != past->stored_live)
        history_broken(history, "6",
                       "room %" PRIu64 " has %" PRIu64
                       " messages and counts %" PRIu64,
                       past->room, live, past->stored_live);
    free(places);
}

void check_messages(struct history *history) {
    check_said(history);
    check_seen(history);
    for (uint32_t i = 0; i < history->pasts_count; i++) {
        check_order(history, &history->pasts[i]);
        check_facts(history, &history->pasts[i]);
        check_ordinals(history, &history->pasts[i]);
    }
}
