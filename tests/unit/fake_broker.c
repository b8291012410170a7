/* See fake_broker.h. Rooms are those with the ids 1 .. FAKE_ROOMS - 1. */
#include "tests/unit/fake_broker.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/wire/hello.h"

#define PEERS_MAX 16u
#define EVENTS_MAX 65536u

struct stored {
    struct wire_event event; /* Owns its texts. */
    char origin_key[16];
    bool left_out; /* Of what is read back. */
};

#define MEMBERS_MAX 8u
#define HELD_MAX 64u

/* Events in one answer to EVENTS. */
#define EVENTS_A_PAGE 3u

struct room {
    uint8_t kind;
    char key[32];
    uint64_t members[MEMBERS_MAX]; /* None: everybody is one. */
    uint64_t unread[MEMBERS_MAX];
    uint32_t members_count;
    struct stored *events;
    uint32_t count;
    uint64_t ordinal;
    uint32_t peers[PEERS_MAX];
    uint32_t peers_count;
};

struct fake_broker {
    struct link_server *server;
    uint64_t epoch;
    int64_t claimed_us;
    int64_t lost_us; /* When the next one took over; 0: when it is made. */
    int silent;
    int refused;
    uint32_t feed_max; /* 0: all. */
    int held_kind;
    struct buf held[HELD_MAX];
    uint32_t held_peer[HELD_MAX];
    uint32_t held_count;
    uint64_t next_message;
    struct room rooms[FAKE_ROOMS];
    uint32_t counts[WIRE_KIND_MAX + 1];
    uint32_t connects[CONNECT_KIND_LAST + 1];
    uint32_t up[PEERS_MAX];
    uint32_t up_count;
    struct arena arena;
    struct buf scratch;
};

static void send(struct fake_broker *b, uint32_t peer, struct wire *wire) {
    buf_clear(&b->scratch);
    wire_encode(wire, &b->scratch);
    link_server_send(b->server, peer, buf_slice(&b->scratch));
}

static void refuse(struct fake_broker *b, uint32_t peer,
                   const struct wire *command, uint8_t refusal) {
    struct wire reply = {.kind = WIRE_REPLY_ERROR,
                         .correlation = command->correlation};
    reply.as.reply_error.refusal = refusal;
    reply.as.reply_error.detail = SLICE("refused");
    send(b, peer, &reply);
}

static struct room *room_of(struct fake_broker *b, room_id id) {
    return id.value > 0 && id.value < FAKE_ROOMS ? &b->rooms[id.value] : NULL;
}

static bool has_peer(const struct room *room, uint32_t peer) {
    for (uint32_t i = 0; i < room->peers_count; i++)
        if (room->peers[i] == peer)
            return true;
    return false;
}

static void remove_peer(struct room *room, uint32_t peer) {
    for (uint32_t i = 0; i < room->peers_count; i++)
        if (room->peers[i] == peer)
            room->peers[i--] = room->peers[--room->peers_count];
}

static struct slice keep(struct slice text) {
    char *copy = mem_alloc(text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    return (struct slice){copy, text.size};
}

static bool is_member(const struct room *room, user_id user) {
    for (uint32_t i = 0; i < room->members_count; i++)
        if (room->members[i] == user.value)
            return true;
    return room->members_count == 0;
}

/* What an event does to the members and to what is unread to them. */
static void apply(struct room *room, const struct wire_event *event) {
    for (uint32_t i = 0; i < room->members_count; i++) {
        bool author = room->members[i] == event->message.author.value;
        if (event->kind == EVENT_MESSAGE_CREATED && !author)
            room->unread[i]++;
        if (event->kind == EVENT_MARK_MOVED &&
            room->members[i] == event->actor.value)
            room->unread[i] = 0;
        if (event->kind == EVENT_MEMBER_REMOVED &&
            room->members[i] == event->member.value) {
            room->members[i] = room->members[--room->members_count];
            room->unread[i] = room->unread[room->members_count];
        }
    }
    if (event->kind == EVENT_MEMBER_PUT && !is_member(room, event->member))
        room->members[room->members_count++] = event->member.value;
}

static struct stored *store(struct room *room, const struct wire_event *event) {
    PRE(room->count < EVENTS_MAX);
    if (!room->events)
        room->events = mem_zalloc(EVENTS_MAX * sizeof(*room->events));
    struct stored *stored = &room->events[room->count++];
    stored->event = *event;
    apply(room, event);
    stored->event.place = room->count;
    stored->event.message.text = keep(event->message.text);
    stored->event.author.username = keep(event->author.username);
    stored->event.origin_gateway = 0;
    stored->event.origin_correlation = 0;
    return stored;
}

static void publish(struct fake_broker *b, const struct room *room,
                    const struct stored *stored, uint32_t origin,
                    uint64_t correlation) {
    struct wire wire = {.kind = WIRE_EVENT, .as.event = stored->event};
    struct wire_count counts[MEMBERS_MAX];
    wire.as.event.members_count = room->members_count;
    if (room->members_count > 0 && room->members_count <= 2) {
        wire.as.event.counts = counts;
        wire.as.event.counts_count = room->members_count;
        for (uint32_t i = 0; i < room->members_count; i++)
            counts[i] =
                (struct wire_count){{room->members[i]}, room->unread[i]};
    }
    for (uint32_t i = 0; i < room->peers_count; i++) {
        bool own = room->peers[i] == origin;
        wire.as.event.origin_gateway = own ? origin : 0;
        wire.as.event.origin_correlation = own ? correlation : 0;
        send(b, room->peers[i], &wire);
    }
}

static struct stored *find_origin(struct room *room, struct slice key) {
    for (uint32_t i = 0; i < room->count; i++)
        if (key.size == 16 &&
            memcmp(room->events[i].origin_key, key.data, 16) == 0)
            return &room->events[i];
    return NULL;
}

static void notify(struct fake_broker *b, struct wire *wire) {
    for (uint32_t i = 0; i < b->up_count; i++)
        send(b, b->up[i], wire);
}

static void tell_membership(struct fake_broker *b, room_id id,
                            uint64_t after_place, const uint64_t *users,
                            uint32_t count) {
    struct wire_member members[MEMBERS_MAX] = {0};
    struct wire wire = {.kind = WIRE_MEMBERSHIP};
    for (uint32_t i = 0; i < count; i++)
        members[i].user.value = users[i];
    wire.as.membership.room = id;
    wire.as.membership.after_place = after_place;
    wire.as.membership.members = members;
    wire.as.membership.members_count = count;
    notify(b, &wire);
}

/* The room of that key; a direct one comes into being, as the last that there
 * is not yet. */
static room_id by_key(struct fake_broker *b, uint8_t kind, struct slice key) {
    for (uint64_t id = 1; id < FAKE_ROOMS; id++)
        if (b->rooms[id].kind == kind &&
            slice_equal(slice_of(b->rooms[id].key), key))
            return (room_id){id};
    unsigned long long one = 0, other = 0;
    room_id id = {FAKE_ROOMS - 1};
    while (b->rooms[id.value].kind)
        id.value--;
    char text[32] = {0};
    memcpy(text, key.data, key.size);
    PRE(sscanf(text, "%llu_%llu", &one, &other) == 2);
    fake_broker_room(b, id, ROOM_DIRECT, text, (uint64_t[]){one, other},
                     one == other ? 1 : 2);
    tell_membership(b, id, 0, b->rooms[id.value].members,
                    b->rooms[id.value].members_count);
    return id;
}

static void on_send(struct fake_broker *b, uint32_t peer,
                    const struct wire *command) {
    struct wire_send named = command->as.send;
    const struct wire_send *send_ = &named;
    if (named.room.value == 0)
        named.room = by_key(b, named.kind, named.key);
    struct room *room = room_of(b, send_->room);
    if (!room || !is_member(room, send_->author.user)) {
        refuse(b, peer, command, REFUSED_NOT_FOUND);
        return;
    }
    struct stored *stored =
        send_->resent ? find_origin(room, send_->origin_key) : NULL;
    bool known = stored != NULL;
    if (!known) {
        struct wire_event event = {
            .kind = EVENT_MESSAGE_CREATED,
            .room = send_->room,
            .at_us = (int64_t)wall_us(),
            .actor = send_->author.user,
            .message = {.message = {++b->next_message * PARTITION_COUNT},
                        .room = send_->room,
                        .ordinal = ++room->ordinal,
                        .place = room->count + 1,
                        .author = send_->author.user,
                        .text = send_->text,
                        .reply_to = send_->reply_to,
                        .created_us = (int64_t)wall_us()},
            .author = {.user = send_->author.user,
                       .username = send_->author.username},
        };
        stored = store(room, &event);
        PRE(send_->origin_key.size == 16);
        memcpy(stored->origin_key, send_->origin_key.data, 16);
    }
    if (b->silent == WIRE_SEND)
        return;
    if (!known)
        publish(b, room, stored, peer, command->correlation);
    if (known || !has_peer(room, peer)) {
        struct wire reply = {.kind = WIRE_REPLY_MESSAGE,
                             .correlation = command->correlation};
        reply.as.reply_message.message = stored->event.message;
        reply.as.reply_message.author = stored->event.author;
        reply.as.reply_message.created = !known;
        send(b, peer, &reply);
    }
}

static void on_history(struct fake_broker *b, uint32_t peer,
                       const struct wire *command) {
    const struct wire_query *query = &command->as.history.query;
    struct room *room = room_of(b, command->as.history.room);
    if (!room) {
        refuse(b, peer, command, REFUSED_NOT_FOUND);
        return;
    }
    struct wire reply = {.kind = WIRE_REPLY_PAGE,
                         .correlation = command->correlation};
    struct wire_reply_page *page = &reply.as.reply_page;
    page->messages =
        arena_alloc(&b->arena, (room->count + 1) * sizeof(*page->messages));
    page->profiles = arena_alloc(&b->arena, sizeof(*page->profiles));
    page->live_total = room->ordinal;
    for (uint32_t i = 0; i < room->count; i++) {
        const struct stored *stored = &room->events[i];
        uint64_t ordinal = stored->event.message.ordinal;
        if (stored->event.kind != EVENT_MESSAGE_CREATED ||
            ordinal <= query->after ||
            (query->before && ordinal >= query->before))
            continue;
        if (page->messages_count == query->limit) {
            page->has_more = true;
            break;
        }
        page->messages[page->messages_count++] = stored->event.message;
        page->next_ordinal = ordinal;
        page->profiles[0] = stored->event.author;
        page->profiles_count = 1;
    }
    send(b, peer, &reply);
}

static void on_subscribe(struct fake_broker *b, uint32_t peer,
                         const struct wire *command) {
    bool resume = command->kind == WIRE_RESUME;
    room_id id = resume ? command->as.resume.room : command->as.subscribe.room;
    struct room *room = room_of(b, id);
    if (!room || (!resume && !is_member(room, command->as.subscribe.user))) {
        refuse(b, peer, command, REFUSED_NOT_FOUND);
        return;
    }
    struct wire_member members[MEMBERS_MAX] = {0};
    if (!has_peer(room, peer))
        room->peers[room->peers_count++] = peer;
    struct wire reply = {.kind = WIRE_REPLY_PLACE,
                         .correlation = command->correlation};
    reply.as.reply_place.place = room->count;
    if (!resume) {
        reply.kind = WIRE_REPLY_SUBSCRIBED;
        reply.as.reply_subscribed.place = room->count;
        reply.as.reply_subscribed.room.room = id;
        reply.as.reply_subscribed.room.kind = room->kind;
        reply.as.reply_subscribed.room.key = slice_of(room->key);
        for (uint32_t i = 0; i < room->members_count; i++)
            members[i].user.value = room->members[i];
        if (!command->as.subscribe.members)
            room = &(struct room){.count = room->count};
        reply.as.reply_subscribed.members = members;
        reply.as.reply_subscribed.members_count = room->members_count;
    }
    struct wire wire = {.kind = WIRE_EVENT};
    uint64_t from = resume ? command->as.resume.after_place : room->count;
    for (uint64_t i = from; i < room->count; i++) {
        wire.as.event = room->events[i].event;
        wire.as.event.origin_correlation = command->correlation;
        if (!room->events[i].left_out)
            send(b, peer, &wire);
    }
    send(b, peer, &reply);
}

static void on_join(struct fake_broker *b, uint32_t peer,
                    const struct wire *command) {
    struct room *room = room_of(b, command->as.join.room);
    if (!room) {
        refuse(b, peer, command, REFUSED_NOT_FOUND);
        return;
    }
    struct wire reply = {.kind = WIRE_REPLY_VIEW,
                         .correlation = command->correlation};
    reply.as.reply_view.view.room.room = command->as.join.room;
    reply.as.reply_view.view.room.kind = ROOM_PROJECT;
    send(b, peer, &reply);
}

static void on_feed(struct fake_broker *b, uint32_t peer,
                    const struct wire *command) {
    const struct wire_feed *feed = &command->as.feed;
    struct wire_feed_room rows[FAKE_ROOMS] = {0};
    struct wire reply = {.kind = WIRE_ROW_FEED,
                         .correlation = command->correlation};
    uint32_t count = 0;
    for (uint64_t id = 1; id < FAKE_ROOMS; id++) {
        const struct room *room = &b->rooms[id];
        if (room->members_count == 0 || !is_member(room, feed->user))
            continue;
        if (b->feed_max > 0 && count == b->feed_max) {
            reply.as.row_feed.has_more = true;
            break;
        }
        struct wire_feed_room *row = &rows[count++];
        row->room.value = id;
        row->place = room->count;
        row->members_count = room->members_count;
        for (uint32_t i = 0; i < room->count; i++)
            if (room->events[i].event.at_us < feed->since_us)
                row->after_place = i + 1;
        for (uint32_t i = 0; i < room->members_count; i++)
            if (room->members[i] == feed->user.value)
                row->unread = room->unread[i];
    }
    reply.as.row_feed.rooms = rows;
    reply.as.row_feed.rooms_count = count;
    send(b, peer, &reply);
}

static void on_events(struct fake_broker *b, uint32_t peer,
                      const struct wire *command) {
    const struct wire_events *asked = &command->as.events;
    const struct room *room = room_of(b, asked->room);
    if (!room || !is_member(room, asked->user)) {
        refuse(b, peer, command, REFUSED_NOT_FOUND);
        return;
    }
    struct wire_event events[EVENTS_A_PAGE];
    struct wire reply = {.kind = WIRE_ROW_EVENTS,
                         .correlation = command->correlation};
    struct wire_row_events *rows = &reply.as.row_events;
    rows->events = events;
    rows->last_place = asked->after_place;
    for (uint64_t i = asked->after_place;
         i < room->count && rows->events_count < EVENTS_A_PAGE; i++) {
        if (!room->events[i].left_out)
            events[rows->events_count++] = room->events[i].event;
        rows->last_place = i + 1;
    }
    rows->has_more = rows->last_place < room->count;
    send(b, peer, &reply);
}

static void on_mark(struct fake_broker *b, uint32_t peer,
                    const struct wire *command) {
    const struct wire_mark *mark = &command->as.mark;
    struct room *room = room_of(b, mark->room);
    struct wire_event event = {.kind = EVENT_MARK_MOVED,
                               .room = mark->room,
                               .at_us = (int64_t)wall_us(),
                               .actor = mark->user};
    PRE(room != NULL && room->count > 0);
    event.message = room->events[0].event.message;
    event.author = room->events[0].event.author;
    publish(b, room, store(room, &event), peer, command->correlation);
    struct wire reply = {.kind = WIRE_REPLY_MARK,
                         .correlation = command->correlation};
    reply.as.reply_mark.message = event.message;
    reply.as.reply_mark.author = event.author;
    reply.as.reply_mark.moved = true;
    send(b, peer, &reply);
}

static void carry_out(struct fake_broker *b, uint32_t peer,
                      const struct wire *command) {
    struct wire reply = {.kind = WIRE_REPLY_OK,
                         .correlation = command->correlation};
    switch ((int)command->kind) {
    case WIRE_CONNECT:
        b->connects[command->as.connect.kind]++;
        reply.kind = WIRE_REPLY_PROFILE;
        reply.as.reply_profile.profile = command->as.connect.claims;
        send(b, peer, &reply);
        return;
    case WIRE_USER_GET:
        reply.kind = WIRE_REPLY_PROFILE;
        reply.as.reply_profile.profile.user = command->as.user_get.user;
        reply.as.reply_profile.profile.username = SLICE("somebody");
        send(b, peer, &reply);
        return;
    case WIRE_SEND:
        on_send(b, peer, command);
        return;
    case WIRE_HISTORY:
        on_history(b, peer, command);
        return;
    case WIRE_SUBSCRIBE:
    case WIRE_RESUME:
        on_subscribe(b, peer, command);
        return;
    case WIRE_JOIN:
        on_join(b, peer, command);
        return;
    case WIRE_FEED:
        on_feed(b, peer, command);
        return;
    case WIRE_EVENTS:
        on_events(b, peer, command);
        return;
    case WIRE_MARK:
        on_mark(b, peer, command);
        return;
    case WIRE_LIST:
        reply.kind = WIRE_REPLY_LIST;
        send(b, peer, &reply);
        return;
    case WIRE_UNSUBSCRIBE: {
        struct room *room = room_of(b, command->as.unsubscribe.room);
        if (room)
            remove_peer(room, peer);
        send(b, peer, &reply);
        return;
    }
    case WIRE_DISCONNECT:
    case WIRE_PRESENCE_SET:
    case WIRE_LEAVE:
        send(b, peer, &reply);
        return;
    default:
        refuse(b, peer, command, REFUSED_FORBIDDEN);
    }
}

static bool on_hello(void *payload, uint32_t peer, struct slice hello,
                     struct buf *welcome, struct buf *reason) {
    struct fake_broker *b = payload;
    struct hello_gateway gateway;
    (void)reason;
    if (hello_gateway_decode(hello, &gateway) != ERR_OK)
        abort();
    welcome_broker_encode(
        &(struct welcome_broker){peer, b->epoch, 4096, b->claimed_us}, welcome);
    PRE(b->up_count < PEERS_MAX);
    b->up[b->up_count++] = peer;
    return true;
}

static void on_message(void *payload, uint32_t peer, struct slice message) {
    struct fake_broker *b = payload;
    struct wire command;
    struct wire_error error;
    arena_reset(&b->arena);
    if (wire_decode(message, &b->arena, &command, &error) != ERR_OK) {
        fprintf(stderr, "fake broker: %s.%s: %s\n", error.message, error.field,
                error.reason);
        abort();
    }
    b->counts[command.kind]++;
    if (b->silent == (int)command.kind && command.kind != WIRE_SEND)
        return;
    if (b->refused == (int)command.kind) {
        refuse(b, peer, &command, REFUSED_TRY_AGAIN);
        return;
    }
    if (b->held_kind == (int)command.kind) {
        PRE(b->held_count < HELD_MAX);
        b->held_peer[b->held_count] = peer;
        buf_append_slice(&b->held[b->held_count++], message);
        return;
    }
    carry_out(b, peer, &command);
}

void fake_broker_hold(struct fake_broker *b, int kind) {
    b->held_kind = kind;
}

void fake_broker_release(struct fake_broker *b) {
    b->held_kind = 0;
    for (uint32_t i = 0; i < b->held_count; i++) {
        struct wire command;
        arena_reset(&b->arena);
        PRE(wire_decode(buf_slice(&b->held[i]), &b->arena, &command, NULL) ==
            ERR_OK);
        carry_out(b, b->held_peer[i], &command);
        buf_finish(&b->held[i]);
    }
    b->held_count = 0;
}

void fake_broker_room(struct fake_broker *b, room_id id, enum room_kind kind,
                      const char *key, const uint64_t *users, uint32_t count) {
    struct room *room = room_of(b, id);
    PRE(room != NULL && count <= MEMBERS_MAX);
    room->kind = (uint8_t)kind;
    snprintf(room->key, sizeof(room->key), "%s", key);
    memcpy(room->members, users, count * sizeof(*users));
    room->members_count = count;
}

void fake_broker_join(struct fake_broker *b, room_id id, user_id user,
                      bool notice_first) {
    uint64_t after_place = room_of(b, id)->count;
    if (notice_first)
        tell_membership(b, id, after_place, &user.value, 1);
    fake_broker_event(b, id, EVENT_MEMBER_PUT, user, "");
    if (!notice_first)
        tell_membership(b, id, after_place, &user.value, 1);
}

void fake_broker_presence(struct fake_broker *b, user_id user, bool online) {
    struct wire_presence one = {
        .user = user, .online = online, .last_seen_us = online ? 0 : 1};
    struct wire wire = {.kind = WIRE_PRESENCE_CHANGED};
    wire.as.presence_changed.users = &one;
    wire.as.presence_changed.users_count = 1;
    notify(b, &wire);
}

void fake_broker_membership(struct fake_broker *b, room_id room, user_id user,
                            uint64_t after_place) {
    tell_membership(b, room, after_place, &user.value, 1);
}

void fake_broker_refuse(struct fake_broker *b, int kind) {
    b->refused = kind;
}

void fake_broker_feed_max(struct fake_broker *b, uint32_t rooms) {
    b->feed_max = rooms;
}

void fake_broker_crowd(struct fake_broker *b, user_id first, uint32_t count) {
    struct wire_presence users[LIMIT_PRESENCE_USERS];
    struct wire wire = {.kind = WIRE_PRESENCE_CHANGED};
    wire.as.presence_changed.users = users;
    for (uint32_t at = 0; at < count; at += LIMIT_PRESENCE_USERS) {
        uint32_t some = count - at;
        if (some > LIMIT_PRESENCE_USERS)
            some = LIMIT_PRESENCE_USERS;
        for (uint32_t i = 0; i < some; i++)
            users[i] = (struct wire_presence){.user = {first.value + at + i},
                                              .online = true};
        wire.as.presence_changed.users_count = some;
        notify(b, &wire);
    }
}

void fake_broker_typed(struct fake_broker *b, room_id room, user_id user) {
    struct wire wire = {.kind = WIRE_TYPED};
    wire.as.typed.room = room;
    wire.as.typed.user = user;
    wire.as.typed.until_us = INT64_MAX / 2; /* No test waits so long. */
    notify(b, &wire);
}

void fake_broker_kick(struct fake_broker *b, user_id user) {
    struct wire wire = {.kind = WIRE_KICK, .as.kick.user = user};
    notify(b, &wire);
}

static void on_down(void *payload, uint32_t peer, const char *reason) {
    struct fake_broker *b = payload;
    (void)reason;
    for (uint32_t i = 0; i < FAKE_ROOMS; i++)
        remove_peer(&b->rooms[i], peer);
    for (uint32_t i = 0; i < b->up_count; i++)
        if (b->up[i] == peer)
            b->up[i--] = b->up[--b->up_count];
}

static void on_refused(void *payload, const char *reason) {
    (void)payload;
    (void)reason;
}

static const struct link_server_handler handler = {
    .hello = on_hello,
    .message = on_message,
    .down = on_down,
    .refused = on_refused,
};

struct fake_broker *fake_broker_create(const char *endpoint, uint64_t epoch) {
    struct fake_broker *b = mem_zalloc(sizeof(*b));
    struct link_server_config config = link_server_config_default();
    struct buf reason = {0};
    b->epoch = epoch;
    b->claimed_us = (int64_t)wall_us();
    config.handler = &handler;
    config.payload = b;
    b->server = link_server_create(&config);
    uint64_t until_ms = monotonic_ms() + 10000;
    enum err err;
    /* The one before may still be letting go of the address. */
    while ((err = link_server_bind(b->server, endpoint, &reason)) ==
               ERR_EXISTS &&
           monotonic_ms() < until_ms)
        buf_clear(&reason);
    if (err != ERR_OK) {
        fprintf(stderr, "fake broker: %.*s\n", (int)reason.size, reason.data);
        abort();
    }
    buf_finish(&reason);
    return b;
}

static void free_room(struct room *room) {
    for (uint32_t i = 0; i < room->count; i++) {
        free((char *)(uintptr_t)room->events[i].event.message.text.data);
        free((char *)(uintptr_t)room->events[i].event.author.username.data);
    }
    free(room->events);
}

void fake_broker_destroy(struct fake_broker *b) {
    if (!b)
        return;
    link_server_destroy(b->server);
    for (uint32_t i = 0; i < FAKE_ROOMS; i++)
        free_room(&b->rooms[i]);
    arena_finish(&b->arena);
    buf_finish(&b->scratch);
    for (uint32_t i = 0; i < b->held_count; i++)
        buf_finish(&b->held[i]);
    free(b);
}

void fake_broker_turn(struct fake_broker *b) {
    uint64_t now_ms = monotonic_ms();
    link_server_receive(b->server, now_ms, 64);
    link_server_tick(b->server, now_ms);
    link_server_flush(b->server, now_ms);
}

struct link_server *fake_broker_server(struct fake_broker *b) {
    return b->server;
}

const char *fake_broker_endpoint(const struct fake_broker *b) {
    return link_server_endpoint(b->server);
}

void fake_broker_silence(struct fake_broker *b, int kind) {
    b->silent = kind;
}

void fake_broker_cut(struct fake_broker *b) {
    for (uint32_t i = 0; i < b->up_count; i++)
        link_server_reset(b->server, b->up[i], "cut by the test");
}

void fake_broker_inherit(struct fake_broker *b, struct fake_broker *from) {
    for (uint32_t i = 0; i < FAKE_ROOMS; i++) {
        b->rooms[i] = from->rooms[i];
        b->rooms[i].peers_count = 0;
        from->rooms[i] = (struct room){0};
    }
    b->next_message = from->next_message;
    b->refused = from->refused;
    b->lost_us = from->lost_us;
    if (from->lost_us)
        b->claimed_us = from->lost_us;
}

void fake_broker_lose(struct fake_broker *b) {
    b->lost_us = (int64_t)wall_us();
}

void fake_broker_event(struct fake_broker *b, room_id id, enum event_kind kind,
                       user_id user, const char *text) {
    struct room *room = room_of(b, id);
    PRE(room != NULL);
    struct wire_event event = {
        .kind = (uint8_t)kind,
        .room = id,
        .at_us = (int64_t)wall_us(),
        .actor = user,
        .member = user,
        .message = {.message = {++b->next_message * PARTITION_COUNT},
                    .room = id,
                    .place = room->count + 1,
                    .author = user,
                    .text = slice_of(text),
                    .created_us = 1},
        .author = {.user = user, .username = SLICE("elsewhere")},
    };
    if (kind == EVENT_MESSAGE_CREATED)
        event.message.ordinal = ++room->ordinal;
    publish(b, room, store(room, &event), 0, 0);
}

void fake_broker_leave_out(struct fake_broker *b, room_id id, uint64_t place) {
    struct room *room = room_of(b, id);
    PRE(room != NULL && place >= 1 && place <= room->count);
    room->events[place - 1].left_out = true;
}

uint32_t fake_broker_count(const struct fake_broker *b, enum wire_kind kind) {
    return b->counts[kind];
}

uint32_t fake_broker_connects(const struct fake_broker *b,
                              enum connect_kind kind) {
    return b->connects[kind];
}

uint64_t fake_broker_place(const struct fake_broker *b, room_id room) {
    return b->rooms[room.value].count;
}

bool fake_broker_interest(const struct fake_broker *b, room_id room) {
    return b->rooms[room.value].peers_count > 0;
}
