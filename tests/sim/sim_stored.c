/* sim_stored.c - what the store has at the end, read through its own reads and
 * put into the history beside what was seen. */
#include <inttypes.h>

#include "tests/sim/sim_crowd.h"

struct reader {
    struct people *people;
    const struct store_ops *ops;
    struct store *store;
    struct arena arena;
};

/* False: the store cannot answer, which breaks the run. */
static bool ask(struct reader *reader, const struct wire *request,
                struct wire *out) {
    struct store_error error = {{0}};
    arena_reset(&reader->arena);
    enum err err =
        reader->ops->read(reader->store, request, &reader->arena, out, &error);
    if (err != ERR_OK)
        history_broken(&reader->people->history, "store",
                       "the store does not answer %s: %s",
                       wire_kind_name(request->kind), error.text);
    return err == ERR_OK;
}

static void read_slots(struct reader *reader) {
    struct people *people = reader->people;
    for (uint32_t i = 0; i < people->config.rooms; i++) {
        struct wire row, request = {.kind = WIRE_READ_KEY};
        request.as.read_key.kind = people->slots[i].kind;
        request.as.read_key.key = slice_of(people->slots[i].key);
        if (ask(reader, &request, &row) && row.as.row_key.room.value)
            history_room(&people->history, row.as.row_key.room.value,
                         people->slots[i].first, people->slots[i].first_count);
    }
}

static bool read_room(struct reader *reader, uint64_t room) {
    struct history *history = &reader->people->history;
    struct wire row, request = {.kind = WIRE_READ_ROOM};
    request.as.read_room.room.value = room;
    if (!ask(reader, &request, &row) || !row.as.row_room.found)
        return false;
    struct past *past = history_past(history, room);
    past->is_stored = true;
    past->stored_place = row.as.row_room.state.place;
    past->stored_ordinal = row.as.row_room.state.ordinal;
    past->stored_live = row.as.row_room.state.live_total;
    for (uint32_t i = 0; i < row.as.row_room.members_count; i++) {
        const struct wire_member *stored = &row.as.row_room.members[i];
        struct member *member = history_grow(
            &past->stored_members, &past->stored_members_count,
            &past->stored_members_capacity, sizeof(*past->stored_members));
        *member = (struct member){stored->user.value, stored->mark};
    }
    if (past->deletion.ok != NEVER)
        history_broken(history, "1",
                       "the deletion of room %" PRIu64
                       " was acknowledged and it is stored",
                       room);
    return true;
}

static void read_events(struct reader *reader, uint64_t room) {
    struct people *people = reader->people;
    struct wire row, request = {.kind = WIRE_READ_EVENTS};
    request.as.read_events.room.value = room;
    request.as.read_events.limit = LIMIT_PAGE_MESSAGES;
    do {
        if (!ask(reader, &request, &row))
            return;
        const struct wire_row_events *rows = &row.as.row_events;
        for (uint32_t i = 0; i < rows->events_count; i++) {
            history_event(&people->history, &rows->events[i]);
            if (people->history.is_broken)
                return;
            struct past *past = history_past(&people->history, room);
            past->facts[rows->events[i].place].is_stored = true;
            cover(people, COVER_checked_stored_event);
        }
        if (rows->last_place <= request.as.read_events.after_place)
            return;
        request.as.read_events.after_place = rows->last_place;
    } while (row.as.row_events.has_more);
}

static void take_message(struct people *people, uint64_t room,
                         const struct wire_message *message) {
    struct history *history = &people->history;
    history_message(history, message);
    struct seen *seen = history_seen(history, message->message.value);
    if (seen->is_stored || message->room.value != room)
        history_broken(history, "1",
                       "message %" PRIu64 " is twice in room %" PRIu64,
                       seen->message, room);
    seen->is_stored = true;
    seen->is_stored_deleted = message->deleted;
    if (message->edited)
        seen->stored_edit = history_number(message->text, 'e');
    cover(people, COVER_checked_stored_message);
}

static void read_messages(struct reader *reader, uint64_t room) {
    struct people *people = reader->people;
    struct wire row, request = {.kind = WIRE_READ_HISTORY};
    request.as.read_history.room.value = room;
    request.as.read_history.query.by = QUERY_BY_ORDINAL;
    request.as.read_history.query.deleted = true;
    request.as.read_history.query.limit = LIMIT_PAGE_MESSAGES;
    do {
        if (!ask(reader, &request, &row))
            return;
        const struct wire_reply_page *page = &row.as.reply_page;
        for (uint32_t i = 0; i < page->messages_count; i++)
            take_message(people, room, &page->messages[i]);
        if (page->messages_count == 0 || people->history.is_broken)
            return;
        request.as.read_history.query.after =
            page->messages[page->messages_count - 1].ordinal;
    } while (row.as.reply_page.has_more);
}

/* What the store says is unread: it has to count as everybody does. */
static void read_unread(struct reader *reader, uint64_t user) {
    struct history *history = &reader->people->history;
    struct wire row, request = {.kind = WIRE_READ_UNREAD};
    for (int dialogs = 0; dialogs < 2; dialogs++) {
        request.as.read_unread.user.value = user;
        request.as.read_unread.dialogs = dialogs;
        if (!ask(reader, &request, &row))
            return;
        struct unread unread = {.user = user,
                                .count = row.as.row_count.count,
                                .dialogs = dialogs,
                                .is_quiet = true};
        history_unread(history, &unread);
    }
    request = (struct wire){.kind = WIRE_READ_LIST};
    request.as.read_list.user.value = user;
    request.as.read_list.limit = LIMIT_LIST_ROOMS;
    if (!ask(reader, &request, &row))
        return;
    for (uint32_t i = 0; i < row.as.reply_list.views_count; i++) {
        const struct wire_view *view = &row.as.reply_list.views[i];
        struct unread unread = {.room = view->room.room.value,
                                .user = user,
                                .count = view->unread,
                                .is_quiet = true};
        history_unread(history, &unread);
    }
}

/* It may be read more than once: before and after the power went. */
static void forget(struct history *history) {
    for (uint32_t i = 0; i < history->seens_count; i++) {
        history->seens[i].is_stored = false;
        history->seens[i].is_stored_deleted = false;
        history->seens[i].stored_edit = UINT32_MAX;
    }
    for (uint32_t i = 0; i < history->pasts_count; i++) {
        struct past *past = &history->pasts[i];
        past->is_stored = false;
        past->stored_members_count = 0;
        for (uint32_t j = 0; j < past->facts_count; j++)
            past->facts[j].is_stored = false;
    }
}

void stored_read(struct people *people, const struct store_ops *ops,
                 struct store *store) {
    struct reader reader = {people, ops, store, {NULL}};
    forget(&people->history);
    read_slots(&reader);
    for (uint32_t i = 0;
         i < people->history.pasts_count && !people->history.is_broken; i++) {
        uint64_t room = people->history.pasts[i].room;
        if (!read_room(&reader, room))
            continue;
        read_events(&reader, room);
        read_messages(&reader, room);
    }
    for (uint64_t user = 1; user <= people->config.users; user++)
        if (!people->history.is_broken)
            read_unread(&reader, user);
    arena_finish(&reader.arena);
}
