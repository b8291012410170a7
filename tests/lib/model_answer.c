/* model_answer.c - how the model store answers what the core asks. Pages and
 * lists are handed through by the core, so they say little here. */
#include "tests/lib/model_store.h"
#include "tests/lib/recount.h"

static void refuse(struct wire *out, enum wire_refusal refusal) {
    out->kind = WIRE_REPLY_ERROR;
    out->as.reply_error.refusal = (uint8_t)refusal;
}

static const struct wire_profile *find_user(const struct model_store *store,
                                            user_id user) {
    return wire_profile_find(store->users, store->users_count, user);
}

static void answer_room(struct model_store *store, room_id id,
                        struct wire *out) {
    const struct model_room *room = model_store_room(store, id);
    out->kind = WIRE_ROW_ROOM;
    if (!room)
        return;
    out->as.row_room.found = true;
    out->as.row_room.room = room->info;
    out->as.row_room.state = room->state;
    out->as.row_room.members = room->members;
    out->as.row_room.members_count = room->members_count;
}

static void answer_key(struct model_store *store,
                       const struct wire_read_key *read, struct wire *out) {
    out->kind = WIRE_ROW_KEY;
    for (uint32_t i = 0; i < store->rooms_count; i++) {
        const struct model_room *room = &store->rooms[i];
        if (!room->is_deleted && room->info.kind == read->kind &&
            slice_equal(room->info.key, read->key))
            out->as.row_key.room = room->info.room;
    }
    for (uint32_t i = 0; i < store->reviews_count; i++)
        if (read->kind == ROOM_ORDER &&
            slice_equal(store->reviews[i].key, read->key))
            out->as.row_key.review = store->reviews[i];
}

struct wire_message model_store_shown(const struct model_store *store,
                                      const struct model_message *message) {
    struct wire_message shown = message->row;
    const struct model_room *room = model_store_room(store, shown.room);
    const struct model_message *quoted =
        model_store_message(store, shown.reply_to);
    if (room) {
        struct recount now = recount_at(room, room->state.place);
        shown.read_us = recount_read_us(&now, &shown);
    }
    if (quoted)
        shown.quote =
            (struct wire_quote){.message = quoted->row.message,
                                .author = quoted->row.author,
                                .text = quoted->row.text,
                                .created_us = quoted->row.created_us,
                                .edited = quoted->row.edited,
                                .deleted = quoted->row.deleted,
                                .files = quoted->row.files,
                                .files_count = quoted->row.files_count,
                                .place = quoted->row.place};
    return shown;
}

static void answer_message(struct model_store *store,
                           const struct model_message *message,
                           struct wire *out) {
    out->kind = WIRE_ROW_MESSAGE;
    if (!message || !model_store_room(store, message->row.room))
        return;
    out->as.row_message.found = true;
    out->as.row_message.message = model_store_shown(store, message);
    const struct wire_profile *author = find_user(store, message->row.author);
    if (author)
        out->as.row_message.author = *author;
}

static void answer_sent(struct model_store *store,
                        const struct wire_read_sent *read, struct wire *out) {
    const struct model_message *found = NULL;
    for (uint32_t i = 0; i < store->messages_count; i++) {
        const struct model_message *message = &store->messages[i];
        struct slice key = message->client_key;
        if (read->by == SENT_BY_REQUEST_KEY)
            key = message->request_key;
        else if (read->by == SENT_BY_ORIGIN_KEY)
            key = message->origin_key;
        if (message->row.room.value == read->room.value &&
            message->row.author.value == read->sender.value &&
            slice_equal(key, read->key))
            found = message;
    }
    answer_message(store, found, out);
}

static void answer_events(struct model_store *store,
                          const struct wire_read_events *read,
                          struct wire *out) {
    const struct model_room *room = model_store_room(store, read->room);
    if (!room) {
        refuse(out, REFUSED_NOT_FOUND);
        return;
    }
    out->kind = WIRE_ROW_EVENTS;
    uint64_t first = read->after_place > 1 ? read->after_place - 1 : 0;
    uint64_t left = first < room->events_count ? room->events_count - first : 0;
    uint32_t count = left < read->limit ? (uint32_t)left : read->limit;
    out->as.row_events.events = count ? room->events + first : NULL;
    out->as.row_events.events_count = count;
    out->as.row_events.last_place = first + count + 1;
    out->as.row_events.has_more = count < left;
}

static void answer_history(struct model_store *store,
                           const struct wire_read_history *read,
                           struct arena *arena, struct wire *out) {
    const struct model_room *room = model_store_room(store, read->room);
    if (!room) {
        refuse(out, REFUSED_NOT_FOUND);
        return;
    }
    out->kind = WIRE_REPLY_PAGE;
    struct wire_message *messages =
        arena_alloc(arena, LIMIT_PAGE_MESSAGES * sizeof *messages);
    uint32_t count = 0;
    for (uint32_t i = 0; i < store->messages_count; i++) {
        const struct wire_message *row = &store->messages[i].row;
        if (row->room.value == read->room.value && !row->deleted &&
            count < read->query.limit)
            messages[count++] = model_store_shown(store, &store->messages[i]);
    }
    out->as.reply_page.messages = messages;
    out->as.reply_page.messages_count = count;
    out->as.reply_page.live_total = room->state.live_total;
}

static struct wire_view view_of(const struct model_room *room, user_id user) {
    struct wire_view view = {.room = room->info,
                             .members_count = room->members_count,
                             .activity_us = room->state.activity_us};
    for (uint32_t i = 0; i < room->members_count; i++) {
        const struct wire_member *member = &room->members[i];
        if (member->user.value == user.value)
            view.unread =
                room->state.live_total - member->own_total - member->seen;
        if (member->role == ROLE_CUSTOMER)
            view.customer = member->user;
        if (member->role == ROLE_EXECUTOR)
            view.executor = member->user;
    }
    return view;
}

static void answer_view(struct model_store *store,
                        const struct wire_read_view *read, struct wire *out) {
    const struct model_room *room = model_store_room(store, read->room);
    if (!room) {
        refuse(out, REFUSED_NOT_FOUND);
        return;
    }
    out->kind = WIRE_REPLY_VIEW;
    out->as.reply_view.view = view_of(room, read->user);
}

static void answer_list(struct model_store *store,
                        const struct wire_read_list *read, struct arena *arena,
                        struct wire *out) {
    out->kind = WIRE_REPLY_LIST;
    struct wire_view *views =
        arena_alloc(arena, LIMIT_LIST_ROOMS * sizeof *views);
    uint32_t count = 0;
    for (uint32_t i = 0; i < store->rooms_count; i++) {
        const struct model_room *room = &store->rooms[i];
        bool is_member = false;
        for (uint32_t j = 0; j < room->members_count; j++)
            is_member |= room->members[j].user.value == read->user.value;
        if (is_member && !room->is_deleted && count < read->limit)
            views[count++] = view_of(room, read->user);
    }
    out->as.reply_list.views = views;
    out->as.reply_list.views_count = count;
    out->as.reply_list.total = count;
}

static bool has_member(const struct model_room *room, user_id user) {
    for (uint32_t i = 0; i < room->members_count; i++)
        if (room->members[i].user.value == user.value)
            return !room->is_deleted;
    return false;
}

static void answer_unread(struct model_store *store,
                          const struct wire_read_unread *read,
                          struct wire *out) {
    out->kind = WIRE_ROW_COUNT;
    for (uint32_t i = 0; i < store->rooms_count; i++) {
        const struct model_room *room = &store->rooms[i];
        struct recount now = recount_at(room, room->state.place);
        if (has_member(room, read->user) &&
            (!read->dialogs || room->members_count == 2) &&
            recount_unread(&now, read->user) > 0)
            out->as.row_count.count++;
    }
}

static void answer_feed(struct model_store *store,
                        const struct wire_read_feed *read, struct arena *arena,
                        struct wire *out) {
    struct wire_row_feed *feed = &out->as.row_feed;
    out->kind = WIRE_ROW_FEED;
    feed->rooms =
        arena_alloc(arena, (store->rooms_count + 1) * sizeof *feed->rooms);
    for (uint32_t i = 0; i < store->rooms_count; i++) {
        const struct model_room *room = &store->rooms[i];
        if (!has_member(room, read->user))
            continue;
        struct recount now = recount_at(room, room->state.place);
        feed->rooms[feed->rooms_count++] =
            (struct wire_feed_room){.room = room->info.room,
                                    .place = room->state.place,
                                    .unread = recount_unread(&now, read->user),
                                    .members_count = room->members_count};
    }
}

static void answer_user(struct model_store *store, user_id user,
                        struct wire *out) {
    out->kind = WIRE_ROW_USER;
    const struct wire_profile *profile = find_user(store, user);
    if (profile) {
        out->as.row_user.found = true;
        out->as.row_user.profile = *profile;
    }
    for (uint32_t i = 0; i < store->seen_count; i++)
        if (store->seen[i].user.value == user.value)
            out->as.row_user.last_seen_us = store->seen[i].last_seen_us;
}

static const struct wire_file *find_file(const struct model_store *store,
                                         const struct wire_file_name *name,
                                         user_id user) {
    for (uint32_t i = 0; i < store->files_count; i++) {
        const struct wire_file *row = &store->files[i].row;
        bool named = name->file.value ? row->file.value == name->file.value
                                      : slice_equal(row->secret, name->secret);
        if (store->files[i].is_whole && named &&
            (!user.value || row->owner.value == user.value))
            return row;
    }
    return NULL;
}

/* The model knows no age. */
static void answer_files(const struct model_store *store,
                         const struct wire_read_files *read,
                         struct arena *arena, struct wire *out) {
    struct wire_file *files =
        arena_alloc(arena, (read->names_count + 1) * sizeof *files);
    out->kind = WIRE_ROW_FILES;
    out->as.row_files.files = files;
    for (uint32_t i = 0; i < read->names_count; i++) {
        const struct wire_file *row =
            find_file(store, &read->names[i], read->user);
        if (row)
            files[out->as.row_files.files_count++] = *row;
    }
}

void model_store_answer(struct model_store *store, const struct wire *read,
                        struct arena *arena, struct wire *out) {
    *out = (struct wire){.correlation = read->correlation,
                         .partition = read->partition};
    if (read->kind == WIRE_READ_ROOM) {
        answer_room(store, read->as.read_room.room, out);
    } else if (read->kind == WIRE_READ_KEY) {
        answer_key(store, &read->as.read_key, out);
    } else if (read->kind == WIRE_READ_USER) {
        answer_user(store, read->as.read_user.user, out);
    } else if (read->kind == WIRE_READ_MESSAGE) {
        answer_message(
            store, model_store_message(store, read->as.read_message.message),
            out);
    } else if (read->kind == WIRE_READ_SENT) {
        answer_sent(store, &read->as.read_sent, out);
    } else if (read->kind == WIRE_READ_HISTORY) {
        answer_history(store, &read->as.read_history, arena, out);
    } else if (read->kind == WIRE_READ_LIST) {
        answer_list(store, &read->as.read_list, arena, out);
    } else if (read->kind == WIRE_READ_VIEW) {
        answer_view(store, &read->as.read_view, out);
    } else if (read->kind == WIRE_READ_EVENTS) {
        answer_events(store, &read->as.read_events, out);
    } else if (read->kind == WIRE_READ_UNREAD) {
        answer_unread(store, &read->as.read_unread, out);
    } else if (read->kind == WIRE_READ_FEED) {
        answer_feed(store, &read->as.read_feed, arena, out);
    } else if (read->kind == WIRE_READ_FILES) {
        answer_files(store, &read->as.read_files, arena, out);
    } else if (read->kind == WIRE_READ_BYTES) {
        out->kind = WIRE_ROW_BYTES; /* Passed on: what they are is the same. */
        out->as.row_bytes.bytes = SLICE("bytes");
    } else {
        INVARIANT(read->kind == WIRE_READ_COUNT);
        const struct wire_read_count *count = &read->as.read_count;
        out->kind = WIRE_ROW_COUNT;
        out->as.row_count.count =
            model_store_count(store, count->room, count->after_place,
                              count->up_to_place, count->not_by, count->by);
    }
}
