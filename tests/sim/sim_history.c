/* sim_history.c - what was asked, and what of it may be. */
#include "tests/sim/sim_history.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buf.h"

void history_finish(struct history *history) {
    for (uint32_t i = 0; i < history->pasts_count; i++) {
        free(history->pasts[i].facts);
        free(history->pasts[i].first);
        free(history->pasts[i].memberships);
        free(history->pasts[i].marks);
        free(history->pasts[i].stored_members);
    }
    free(history->pasts);
    free(history->saids);
    free(history->edits);
    free(history->seens);
    free(history->streams);
    free(history->holes);
    free(history->gifts);
    free(history->givens);
    free(history->pages);
    free(history->page_rows);
    free(history->unreads);
    map_finish(&history->seen_of);
    map_finish(&history->past_of);
    *history = (struct history){0};
}

void history_broken(struct history *history, const char *promise,
                    const char *format, ...) {
    char text[1024];
    va_list list;
    if (history->is_broken)
        return;
    history->is_broken = true;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    history->violated(history->payload, promise, text);
}

void *history_grow(void *items_pointer, uint32_t *count, uint32_t *capacity,
                   size_t size) {
    char **items = items_pointer;
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 16;
        *items = mem_realloc(*items, *capacity * size);
    }
    char *item = *items + size * (*count)++;
    memset(item, 0, size);
    return item;
}

#define GROW(list)                                                             \
    history_grow(&history->list, &history->list##_count,                       \
                 &history->list##_capacity, sizeof(*history->list))

struct past *history_past(struct history *history, uint64_t room) {
    uint32_t index = map_get(&history->past_of, room);
    if (index != UINT32_MAX)
        return &history->pasts[index];
    map_put(&history->past_of, room, history->pasts_count);
    struct past *past = GROW(pasts);
    past->room = room;
    past->deleted = NEVER;
    past->deletion.ok = NEVER;
    return past;
}

struct seen *history_seen(const struct history *history, uint64_t message) {
    uint32_t index = map_get(&history->seen_of, message);
    return index == UINT32_MAX ? NULL : &history->seens[index];
}

const struct fact *past_fact(const struct past *past, uint64_t place) {
    if (place >= past->facts_count || past->facts[place].kind == 0)
        return NULL;
    return &past->facts[place];
}

/* --- Deeds ---------------------------------------------------------------- */

void deed_ask(struct history *history, struct deed *deed) {
    history->seq++;
    if (deed->tries == 0) {
        deed->asked = history->seq;
        deed->ok = NEVER;
    }
    deed->tries++;
    deed->open++;
}

void deed_end(struct history *history, struct deed *deed,
              enum outcome outcome) {
    history->seq++;
    switch (outcome) {
    case OUTCOME_OPEN:
    case OUTCOME_UNKNOWN:
        break; /* It may happen yet. */
    case OUTCOME_OK:
        deed->open--;
        if (deed->ok == NEVER)
            deed->ok = history->seq;
        break;
    case OUTCOME_REFUSED:
        deed->open--;
        deed->refused++;
        break;
    }
}

uint32_t history_say(struct history *history, uint64_t user, uint64_t room,
                     bool has_key, uint32_t files) {
    uint32_t number = history->saids_count;
    struct said *said = GROW(saids);
    *said = (struct said){.user = user,
                          .room = room,
                          .by_id = room != 0,
                          .has_key = has_key,
                          .files = files};
    said->deed.ok = NEVER;
    return number;
}

uint32_t history_edit(struct history *history, uint64_t user,
                      uint64_t message) {
    uint32_t number = history->edits_count;
    struct edit *edit = GROW(edits);
    *edit = (struct edit){.user = user, .message = message};
    edit->deed.ok = NEVER;
    return number;
}

void history_room(struct history *history, uint64_t room, const uint64_t *first,
                  uint32_t count) {
    struct past *past = history_past(history, room);
    if (past->first_known)
        return;
    past->first_known = true;
    past->made = history->seq;
    for (uint32_t i = 0; i < count; i++)
        *(uint64_t *)history_grow(&past->first, &past->first_count,
                                  &past->first_capacity, sizeof(*past->first)) =
            first[i];
}

/* --- Who is a member, as far as that is certain --------------------------- */

uint32_t history_membership(struct history *history, uint64_t room,
                            uint64_t user, bool put, bool sure) {
    struct past *past = history_past(history, room);
    uint32_t index = past->memberships_count;
    struct membership *membership =
        history_grow(&past->memberships, &past->memberships_count,
                     &past->memberships_capacity, sizeof(*past->memberships));
    membership->user = user;
    membership->put = put;
    membership->sure = sure;
    return index;
}

static bool is_first(const struct past *past, uint64_t user) {
    for (uint32_t i = 0; i < past->first_count; i++)
        if (past->first[i] == user)
            return true;
    return false;
}

/* Whether a change that may have been made before |to|, and is the last word
 * of its kind, was certainly undone before |from|: by one that was asked after
 * |ok| and acknowledged before |from|. */
static bool is_undone(const struct past *past, uint64_t user, bool by_put,
                      uint64_t ok, uint64_t from) {
    for (uint32_t i = 0; i < past->memberships_count; i++) {
        const struct membership *other = &past->memberships[i];
        if (other->user == user && other->put == by_put && other->sure &&
            other->deed.tries > 0 && ok != NEVER && other->deed.asked > ok &&
            other->deed.ok < from)
            return true;
    }
    return false;
}

static uint64_t settled(const struct deed *deed) {
    return deed->open ? NEVER : deed->ok; /* An open try may come yet. */
}

bool history_never_member(const struct history *history, uint64_t room,
                          uint64_t user, uint64_t from, uint64_t to) {
    uint32_t index = map_get(&history->past_of, room);
    if (index == UINT32_MAX)
        return false;
    const struct past *past = &history->pasts[index];
    if (!past->first_known)
        return false;
    if (is_first(past, user) && !is_undone(past, user, false, 0, from))
        return false;
    for (uint32_t i = 0; i < past->memberships_count; i++) {
        const struct membership *put = &past->memberships[i];
        if (put->user == user && put->put && deed_may_be(&put->deed, to) &&
            !is_undone(past, user, false, settled(&put->deed), from))
            return false;
    }
    return true;
}

bool history_ever_member(const struct history *history, uint64_t room,
                         uint64_t user, uint64_t from, uint64_t to) {
    uint32_t index = map_get(&history->past_of, room);
    if (index == UINT32_MAX)
        return false;
    const struct past *past = &history->pasts[index];
    if (!past->first_known || past->deletion.tries > 0)
        return false;
    bool begins = is_first(past, user) || is_undone(past, user, true, 0, from);
    if (!begins)
        return false;
    for (uint32_t i = 0; i < past->memberships_count; i++) {
        const struct membership *remove = &past->memberships[i];
        if (remove->user == user && !remove->put &&
            deed_may_be(&remove->deed, to) &&
            !is_undone(past, user, true, settled(&remove->deed), from))
            return false;
    }
    return true;
}

uint64_t history_made(const struct history *history, uint64_t room) {
    uint32_t index = map_get(&history->past_of, room);
    bool is_known = index != UINT32_MAX && history->pasts[index].first_known;
    return is_known ? history->pasts[index].made : NEVER;
}

bool history_always_member(const struct history *history, uint64_t room,
                           uint64_t user) {
    uint32_t index = map_get(&history->past_of, room);
    if (index == UINT32_MAX)
        return false;
    const struct past *past = &history->pasts[index];
    if (!past->first_known || !is_first(past, user) || past->deletion.tries > 0)
        return false;
    for (uint32_t i = 0; i < past->memberships_count; i++)
        if (past->memberships[i].user == user && !past->memberships[i].put)
            return false;
    return true;
}
