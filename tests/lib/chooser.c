/* chooser.c - see chooser.h. */
#include "tests/lib/chooser.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/hash.h"

uint32_t choose(struct chooser *chooser, uint32_t count) {
    PRE(count > 0);
    if (chooser->bytes.data) {
        if (chooser->used == chooser->bytes.size)
            return 0;
        return (uint8_t)chooser->bytes.data[chooser->used++] % count;
    }
    chooser->seed = hash_u64(UINT64_C(0x2545f4914f6cdd1d), chooser->seed + 1);
    return (uint32_t)(chooser->seed >> 33) % count;
}

bool chance(struct chooser *chooser, uint32_t percent) {
    return choose(chooser, 100) < percent;
}

/* --- Names --------------------------------------------------------------- */

static struct slice text_of(struct arena *arena, const char *prefix,
                            uint64_t number) {
    char text[48];
    int size = snprintf(text, sizeof text, "%s%" PRIu64, prefix, number);
    return arena_copy(arena, (struct slice){text, (size_t)size});
}

static user_id choose_user(struct chooser *chooser) {
    return (user_id){1 + choose(chooser, CHOOSER_USERS)};
}

static room_id choose_room(struct chooser *chooser,
                           const struct model_store *store) {
    if (store->rooms_count == 0 || chance(chooser, 3))
        return (room_id){1000 + choose(chooser, 100)};
    return store->rooms[choose(chooser, store->rooms_count)].info.room;
}

/* Mostly one of the newest. */
static message_id choose_message(struct chooser *chooser,
                                 const struct model_store *store) {
    uint32_t count = store->messages_count;
    if (count == 0 || chance(chooser, 3))
        return (message_id){1000 + choose(chooser, 100)};
    if (count > 8 && chance(chooser, 70))
        return store->messages[count - 1 - choose(chooser, 8)].row.message;
    return store->messages[choose(chooser, count)].row.message;
}

static struct wire_profile choose_profile(struct chooser *chooser,
                                          struct arena *arena) {
    struct wire_profile profile = {.user = choose_user(chooser)};
    if (chance(chooser, 80))
        profile.username = text_of(arena, "user", choose(chooser, 3));
    if (chance(chooser, 20))
        profile.email = text_of(arena, "mail", choose(chooser, 2));
    return profile;
}

/* --- Commands ------------------------------------------------------------ */

/* Keys of rooms: some can come into being, some only be, some never. */
static uint8_t choose_key(struct chooser *chooser, struct slice *key) {
    static const char *const keys[] = {"1_2", "1_2", "2_3", "1_1",
                                       "2_1", "1_4", "p0",  "p1"};
    uint32_t index = choose(chooser, 8);
    *key = slice_of(keys[index]);
    return index < 6 ? ROOM_DIRECT : ROOM_PROJECT;
}

static void choose_files(struct chooser *chooser, struct arena *arena,
                         struct wire_send *send) {
    send->files_count = 1 + choose(chooser, 2);
    send->files = arena_alloc(arena, send->files_count * sizeof *send->files);
    for (uint32_t i = 0; i < send->files_count; i++)
        send->files[i] = (struct wire_file){.file = {1 + choose(chooser, 100)},
                                            .owner = chance(chooser, 90)
                                                         ? send->author.user
                                                         : choose_user(chooser),
                                            .name = SLICE("f")};
}

static void choose_send(struct chooser *chooser,
                        const struct model_store *store, uint64_t number,
                        struct arena *arena, struct wire *out) {
    struct wire_send *send = &out->as.send;
    out->kind = WIRE_SEND;
    send->room = choose_room(chooser, store);
    send->author = choose_profile(chooser, arena);
    send->text = text_of(arena, "m", number);
    send->origin_key = text_of(arena, "o", number);
    if (chance(chooser, 40))
        send->client_key = text_of(arena, "k", choose(chooser, 6));
    if (chance(chooser, 30)) {
        send->request_key = text_of(arena, "r", choose(chooser, 3));
        send->retry = chance(chooser, 50);
    }
    if (chance(chooser, 20))
        send->reply_to = choose_message(chooser, store);
    if (chance(chooser, 20)) {
        send->room = (room_id){0};
        send->kind = choose_key(chooser, &send->key);
    }
    send->dialog = chance(chooser, 10);
    send->mail = chance(chooser, 30);
    if (chance(chooser, 10))
        choose_files(chooser, arena, send);
    /* The same command again, as after a broken link. */
    if (store->messages_count && chance(chooser, 15)) {
        const struct model_message *message =
            &store->messages[choose(chooser, store->messages_count)];
        send->room = message->row.room;
        send->author.user = message->row.author;
        send->client_key = message->client_key;
        send->origin_key = message->origin_key;
        send->resent = true;
    }
}

static void choose_members(struct chooser *chooser, struct arena *arena,
                           struct wire_room_create *create) {
    struct wire_member *members =
        arena_alloc(arena, CHOOSER_USERS * sizeof *members);
    for (uint32_t i = 0; i < CHOOSER_USERS; i++) {
        if (chance(chooser, 70)) {
            struct wire_member *member = &members[create->members_count++];
            member->user = (user_id){i + 1};
            member->role = (uint8_t)choose(chooser, ROLE_LAST + 1);
        }
    }
    if (create->members_count && chance(chooser, 3))
        members[0].user = members[create->members_count - 1].user;
    create->members = members;
}

static void choose_create(struct chooser *chooser, struct arena *arena,
                          struct wire *out) {
    struct wire_room_create *create = &out->as.room_create;
    out->kind = WIRE_ROOM_CREATE;
    create->kind = ROOM_PROJECT;
    create->key = text_of(arena, "p", choose(chooser, 3));
    create->open = chance(chooser, 50);
    choose_members(chooser, arena, create);
    if (chance(chooser, 20)) {
        create->kind = ROOM_DIRECT;
        create->key = SLICE("1_2");
        create->members[0].user = (user_id){2};
        create->members[1].user = (user_id){1};
        create->members_count = 2;
    }
}

static void choose_review(struct chooser *chooser, struct arena *arena,
                          struct wire *out) {
    struct wire_review *review = &out->as.review_put.review;
    out->kind = WIRE_REVIEW_PUT;
    review->key = text_of(arena, "", 70 + choose(chooser, 2));
    review->status = chance(chooser, 60) ? SLICE("in_progress") : SLICE("done");
    review->customer = (user_id){1 + choose(chooser, 2)};
    review->executor = (user_id){3 + choose(chooser, 1)};
}

/* What is only read. */
static void choose_look(struct chooser *chooser,
                        const struct model_store *store, struct wire *out) {
    room_id room = choose_room(chooser, store);
    user_id user = choose_user(chooser);
    switch (choose(chooser, 4)) {
    case 0:
        out->kind = WIRE_ROOM_VIEW;
        out->as.room_view.user = user;
        if (chance(chooser, 50))
            out->as.room_view.room = room;
        else
            out->as.room_view.kind =
                choose_key(chooser, &out->as.room_view.key);
        return;
    case 1:
        out->kind = WIRE_UNREAD;
        out->as.unread.user = user;
        out->as.unread.dialogs = chance(chooser, 50);
        return;
    case 2:
        out->kind = WIRE_FEED;
        out->as.feed.user = user;
        return;
    case 3:
        out->kind = WIRE_EVENTS;
        out->as.events.room = room;
        out->as.events.user = user;
        out->as.events.after_place = choose(chooser, 10);
        out->as.events.limit = choose(chooser, 5);
        return;
    }
}

/* Mostly a chunk that follows on. */
static void choose_chunk(struct chooser *chooser,
                         const struct model_store *store, uint64_t number,
                         struct arena *arena, struct wire *out) {
    struct wire_file_put *put = &out->as.file_put;
    out->kind = WIRE_FILE_PUT;
    put->user = choose_user(chooser);
    put->last = chance(chooser, 50);
    put->secret = SLICE("0123456789abcdef");
    put->name = text_of(arena, "n", choose(chooser, 2));
    put->mime = SLICE("image/png");
    put->bytes = text_of(arena, "b", chance(chooser, 20) ? 1 : number);
    if (!put->last && chance(chooser, 95)) {
        char *bytes = arena_alloc(arena, LIMIT_FILE_CHUNK_BYTES);
        memset(bytes, 'a' + (char)choose(chooser, 2), LIMIT_FILE_CHUNK_BYTES);
        put->bytes = (struct slice){bytes, LIMIT_FILE_CHUNK_BYTES};
    }
    if (store->files_count && chance(chooser, 70)) {
        const struct model_file *file =
            &store->files[choose(chooser, store->files_count)];
        put->file = file->file;
        put->offset = chance(chooser, 85)
                          ? file->size
                          : choose(chooser, 3) * LIMIT_FILE_CHUNK_BYTES;
        for (uint32_t i = 1; i <= CHOOSER_USERS; i++)
            if (user_partition((user_id){i}) == file_partition(file->file) &&
                chance(chooser, 95))
                put->user = (user_id){i};
    }
}

static void choose_lookup(struct chooser *chooser,
                          const struct model_store *store, struct arena *arena,
                          struct wire *out) {
    file_id file = {
        store->files_count
            ? store->files[choose(chooser, store->files_count)].file.value
            : 77};
    if (chance(chooser, 30)) {
        out->kind = WIRE_FILE_BYTES;
        out->as.file_bytes.file = file;
        return;
    }
    struct wire_file_name *names = arena_alloc(arena, 2 * sizeof *names);
    names[0] = (struct wire_file_name){.file = file};
    names[1] = (struct wire_file_name){.secret = SLICE("0123456789abcdef")};
    out->kind = WIRE_FILES;
    out->as.files.names = names;
    out->as.files.names_count = 1 + choose(chooser, 2);
}

static void choose_rare(struct chooser *chooser,
                        const struct model_store *store, struct arena *arena,
                        struct wire *out) {
    room_id room = choose_room(chooser, store);
    user_id user = choose_user(chooser);
    switch (choose(chooser, 13)) {
    case 8:
        choose_lookup(chooser, store, arena, out);
        return;
    case 0:
        choose_review(chooser, arena, out);
        return;
    case 1:
        out->kind = WIRE_ROOM_GET;
        out->as.room_get.room = room;
        return;
    case 2:
        out->kind = WIRE_ROOM_PATCH;
        out->as.room_patch.room = room;
        out->as.room_patch.has_title = chance(chooser, 50);
        out->as.room_patch.title = text_of(arena, "t", choose(chooser, 2));
        out->as.room_patch.has_open = chance(chooser, 50);
        out->as.room_patch.open = chance(chooser, 50);
        return;
    case 3:
        out->kind = WIRE_ROOM_DELETE;
        out->as.room_delete.room = room;
        return;
    case 4:
        out->kind = WIRE_USER_PUT;
        out->as.user_put.profile = choose_profile(chooser, arena);
        return;
    case 5:
        out->kind = WIRE_USER_GET;
        out->as.user_get.user = user;
        return;
    case 6:
        out->kind = WIRE_LIST;
        out->as.list.user = user;
        out->as.list.limit = 10;
        return;
    case 7:
        out->kind = WIRE_HISTORY;
        out->as.history.room = room;
        out->as.history.user = user;
        out->as.history.query =
            (struct wire_query){.by = QUERY_BY_RANK, .limit = 5};
        out->as.history.dialog = chance(chooser, 20);
        if (chance(chooser, 20)) {
            out->as.history.room = (room_id){0};
            out->as.history.kind = choose_key(chooser, &out->as.history.key);
        }
        return;
    default:
        choose_look(chooser, store, out);
        return;
    }
}

static void choose_presence(struct chooser *chooser,
                            const struct model_store *store,
                            struct arena *arena, struct wire *out) {
    user_id user = choose_user(chooser);
    switch (choose(chooser, 8)) {
    case 0:
    case 1:
        out->kind = WIRE_CONNECT;
        out->as.connect.connection = 1 + choose(chooser, 3);
        out->as.connect.claims = choose_profile(chooser, arena);
        out->as.connect.grace_ms = choose(chooser, 3);
        return;
    case 2:
    case 3:
        out->kind = WIRE_DISCONNECT;
        out->as.disconnect.connection = 1 + choose(chooser, 3);
        out->as.disconnect.user = user;
        return;
    case 4:
        out->kind = WIRE_PRESENCE_SET;
        out->as.presence_set.user = user;
        out->as.presence_set.online = chance(chooser, 50);
        return;
    case 5:
        out->kind = WIRE_PRESENCE_GET;
        out->as.presence_get.user = user;
        return;
    case 6:
        out->kind = WIRE_USER_KICK;
        out->as.user_kick.user = user;
        return;
    case 7:
        out->kind = WIRE_TYPING;
        out->as.typing.room = choose_room(chooser, store);
        out->as.typing.user = user;
        if (chance(chooser, 30)) {
            out->as.typing.room = (room_id){0};
            out->as.typing.kind = choose_key(chooser, &out->as.typing.key);
        }
        return;
    }
}

static void choose_membership(struct chooser *chooser,
                              const struct model_store *store,
                              struct wire *out) {
    room_id room = choose_room(chooser, store);
    user_id user = choose_user(chooser);
    switch (choose(chooser, 7)) {
    case 0:
        out->kind = WIRE_MEMBER_PUT;
        out->as.member_put.room = room;
        out->as.member_put.user = user;
        out->as.member_put.role = (uint8_t)choose(chooser, ROLE_LAST + 1);
        return;
    case 1:
        out->kind = WIRE_MEMBER_REMOVE;
        out->as.member_remove.room = room;
        out->as.member_remove.user = user;
        return;
    case 2:
        out->kind = WIRE_JOIN;
        out->as.join.room = room;
        out->as.join.user = user;
        return;
    case 3:
        out->kind = WIRE_LEAVE;
        out->as.leave.room = room;
        out->as.leave.user = user;
        return;
    case 4:
        out->kind = WIRE_SUBSCRIBE;
        out->as.subscribe.room = room;
        out->as.subscribe.user = user;
        out->as.subscribe.members = chance(chooser, 50);
        return;
    case 5:
        out->kind = WIRE_UNSUBSCRIBE;
        out->as.unsubscribe.room = room;
        return;
    case 6:
        out->kind = WIRE_RESUME;
        out->as.resume.room = room;
        out->as.resume.after_place = choose(chooser, 12);
        return;
    }
}

/* The room that the message must be in: often its own. */
static room_id choose_named(struct chooser *chooser,
                            const struct model_store *store, message_id message,
                            uint8_t *kind, struct slice *key) {
    const struct model_message *known = model_store_message(store, message);
    if (chance(chooser, 80))
        return (room_id){0};
    if (chance(chooser, 30))
        *kind = choose_key(chooser, key);
    else if (known && chance(chooser, 70))
        return known->row.room;
    else
        return choose_room(chooser, store);
    return (room_id){0};
}

void choose_command(struct chooser *chooser, const struct model_store *store,
                    uint64_t number, struct arena *arena, struct wire *out) {
    *out = (struct wire){0};
    uint32_t dice = choose(chooser, 100);
    if (store->rooms_count == 0 || dice < 5) {
        choose_create(chooser, arena, out);
    } else if (dice < 40) {
        choose_send(chooser, store, number, arena, out);
    } else if (dice < 48) {
        out->kind = WIRE_EDIT;
        out->as.edit.message = choose_message(chooser, store);
        out->as.edit.user = choose_user(chooser);
        out->as.edit.text = text_of(arena, "e", number);
        out->as.edit.room = choose_named(chooser, store, out->as.edit.message,
                                         &out->as.edit.kind, &out->as.edit.key);
    } else if (dice < 54) {
        out->kind = WIRE_DELETE;
        out->as.delete.message = choose_message(chooser, store);
        out->as.delete.user = choose_user(chooser);
        out->as.delete.room =
            choose_named(chooser, store, out->as.delete.message,
                         &out->as.delete.kind, &out->as.delete.key);
    } else if (dice < 66) {
        out->kind = WIRE_MARK;
        out->as.mark.message = choose_message(chooser, store);
        out->as.mark.user = choose_user(chooser);
        out->as.mark.dialog = chance(chooser, 10);
        out->as.mark.room = choose_named(chooser, store, out->as.mark.message,
                                         &out->as.mark.kind, &out->as.mark.key);
    } else if (dice < 69) {
        choose_chunk(chooser, store, number, arena, out);
    } else if (dice < 87) {
        choose_membership(chooser, store, out);
    } else if (dice < 92) {
        choose_presence(chooser, store, arena, out);
    } else {
        choose_rare(chooser, store, arena, out);
    }
}
