/* See gateway_world.h. */
#include "tests/unit/gateway_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/link/link_poll.h"
#include "common/link/link_process.h"
#include "common/process/log.h"

/* --- The dialect ---------------------------------------------------------- */

static void say(struct sink *sink, const char *word, struct slice text) {
    struct buf out = {0};
    buf_append_slice(&out, slice_of(word));
    buf_append_slice(&out, text);
    sink_text(sink, buf_slice(&out));
    buf_finish(&out);
}

static bool takes(struct slice *text, const char *word) {
    size_t size = strlen(word);
    if (text->size < size || memcmp(text->data, word, size) != 0)
        return false;
    text->data += size;
    text->size -= size;
    return true;
}

static uint64_t number(struct slice *text) {
    uint64_t value = 0;
    while (text->size && text->data[0] >= '0' && text->data[0] <= '9') {
        value = value * 10 + (uint64_t)(text->data[0] - '0');
        text->data++;
        text->size--;
    }
    if (text->size && text->data[0] == ' ') {
        text->data++;
        text->size--;
    }
    return value;
}

static void ask_page(struct sink *sink, const struct wire_profile *self,
                     room_id room, uint64_t after, struct slice memo) {
    struct wire command = {.kind = WIRE_HISTORY};
    command.as.history.room = room;
    command.as.history.user = self->user;
    command.as.history.query.by = QUERY_BY_ORDINAL;
    command.as.history.query.after = after;
    command.as.history.query.limit = 100;
    sink_command(sink, &command, memo);
}

static void words_receive(void *state, const struct frontend_config *config,
                          const struct wire_profile *self, struct slice text,
                          struct sink *sink) {
    struct wire command = {0};
    struct slice memo = text;
    (void)state;
    (void)config;
    if (takes(&text, "sub ") || takes(&text, "place ")) {
        command.kind = WIRE_SUBSCRIBE;
        command.as.subscribe.room.value = number(&text);
        command.as.subscribe.user = self->user;
        sink_command(sink, &command, memo);
    } else if (takes(&text, "unsub ")) {
        sink_unfollow(sink, (room_id){number(&text)});
        say(sink, "unsubscribed", (struct slice){0});
    } else if (takes(&text, "send ")) {
        command.kind = WIRE_SEND;
        command.as.send.room.value = number(&text);
        command.as.send.text = text;
        sink_command(sink, &command, SLICE("send"));
    } else if (takes(&text, "key ")) { /* A direct room's. */
        const char *blank = memchr(text.data, ' ', text.size);
        size_t size = blank ? (size_t)(blank - text.data) : text.size;
        command.kind = WIRE_SEND;
        command.as.send.kind = ROOM_DIRECT;
        command.as.send.key = (struct slice){text.data, size};
        command.as.send.text =
            (struct slice){text.data + size + 1, text.size - size - 1};
        sink_command(sink, &command, SLICE("send"));
    } else if (takes(&text, "mark ")) {
        command.kind = WIRE_MARK;
        command.as.mark.room.value = number(&text);
        command.as.mark.message.value = 1;
        command.as.mark.user = self->user;
        sink_command(sink, &command, SLICE("mark"));
    } else if (takes(&text, "hide") || takes(&text, "show")) {
        command.kind = WIRE_PRESENCE_SET;
        command.as.presence_set.user = self->user;
        command.as.presence_set.online = memo.data[0] == 's';
        sink_command(sink, &command, memo);
    } else if (takes(&text, "pages ")) {
        ask_page(sink, self, (room_id){number(&text)}, 0, memo);
    } else if (takes(&text, "events ")) {
        command.kind = WIRE_EVENTS;
        command.as.events.room.value = number(&text);
        command.as.events.user = self->user;
        command.as.events.limit = 1;
        sink_command(sink, &command, SLICE("events"));
    } else if (takes(&text, "echo ")) {
        say(sink, "echo ", text);
    } else if (takes(&text, "list")) {
        command.kind = WIRE_LIST;
        command.as.list.user = self->user;
        command.as.list.limit = 1;
        sink_command(sink, &command, SLICE("list"));
    } else {
        sink_not_an_object(sink);
        say(sink, "rubbish", (struct slice){0});
    }
}

static void put_page(struct sink *sink, const struct wire_profile *self,
                     struct slice memo, const struct wire_reply_page *page) {
    struct buf part = {0};
    struct slice rest = memo;
    for (uint32_t i = 0; i < page->messages_count; i++) {
        buf_append_slice(&part, page->messages[i].text);
        buf_append_slice(&part, SLICE(" "));
    }
    sink_part(sink, buf_slice(&part), !page->has_more);
    buf_finish(&part);
    if (page->has_more && takes(&rest, "pages "))
        ask_page(sink, self, (room_id){number(&rest)}, page->next_ordinal,
                 memo);
}

static void words_reply(void *state, const struct frontend_config *config,
                        const struct wire_profile *self, struct slice memo,
                        const struct wire *reply, struct sink *sink) {
    struct slice rest = memo;
    (void)state;
    (void)config;
    switch ((int)reply->kind) {
    case WIRE_REPLY_SUBSCRIBED:
        if (takes(&rest, "sub ")) {
            sink_follow(sink, (room_id){number(&rest)});
            say(sink, "subscribed", (struct slice){0});
        } else if (takes(&rest, "place ")) {
            char place[24];
            sink_follow(sink, (room_id){number(&rest)});
            snprintf(place, sizeof(place), "%llu",
                     (unsigned long long)reply->as.reply_subscribed.place);
            say(sink, "place ", slice_of(place));
        }
        break;
    case WIRE_REPLY_MESSAGE:
        say(sink, "sent ", reply->as.reply_message.message.text);
        break;
    case WIRE_REPLY_PAGE:
        put_page(sink, self, memo, &reply->as.reply_page);
        break;
    case WIRE_REPLY_MARK:
        say(sink, "answered", (struct slice){0});
        break;
    case WIRE_REPLY_LIST:
        say(sink, "listed", (struct slice){0});
        break;
    case WIRE_REPLY_OK:
        say(sink, "ok", (struct slice){0});
        break;
    case WIRE_REPLY_ERROR:
        say(sink, "error ",
            slice_of(wire_refusal_name(reply->as.reply_error.refusal)));
        break;
    default:
        say(sink, "what", (struct slice){0});
    }
}

static void words_broadcast(const struct frontend_config *config,
                            const struct wire_room *room,
                            const struct wire_event *event, struct buf *text) {
    (void)config;
    (void)room;
    if (event->kind == EVENT_MESSAGE_CREATED) {
        buf_append_slice(text, SLICE("said "));
        buf_append_slice(text, event->message.text);
    }
}

static void words_refuse(void *state, const struct frontend_config *config,
                         struct slice text,
                         const struct wire_reply_error *error, bool throttled,
                         struct sink *sink) {
    (void)state;
    (void)config;
    (void)text;
    (void)error;
    say(sink, throttled ? "slower" : "refused", (struct slice){0});
}

static const struct frontend words = {
    .abi = FRONTEND_ABI,
    .name = "words",
    .path = "/words/",
    .state_size = 8,
    .receive = words_receive,
    .reply = words_reply,
    .broadcast = words_broadcast,
    .refuse = words_refuse,
};

/* --- The dialect whose connections follow all rooms ----------------------- */

static void flow_broadcast(const struct frontend_config *config,
                           const struct wire_room *room,
                           const struct wire_event *event, struct buf *text) {
    (void)config;
    switch ((enum event_kind)event->kind) {
    case EVENT_MESSAGE_CREATED:
        buf_append_slice(text, room->key);
        buf_append_slice(text, SLICE(" "));
        buf_append_slice(text, event->message.text);
        break;
    case EVENT_MARK_MOVED:
        buf_append_slice(text, SLICE("marked"));
        break;
    case EVENT_MESSAGE_EDITED:
    case EVENT_MESSAGE_DELETED:
    case EVENT_MEMBER_PUT:
    case EVENT_MEMBER_REMOVED:
    case EVENT_ROOM_CHANGED:
    case EVENT_ROOM_DELETED:
        break;
    }
}

static void put_number(struct buf *text, const char *word, uint64_t value) {
    char line[64];
    snprintf(line, sizeof(line), "%s %llu", word, (unsigned long long)value);
    buf_append_slice(text, slice_of(line));
}

static void flow_typing(const struct frontend_config *config,
                        const struct wire_room *room,
                        const struct wire_typed *typed, struct buf *text) {
    (void)config;
    (void)room;
    put_number(text, "typing", typed->user.value);
}

static void flow_presence(const struct frontend_config *config,
                          const struct wire_presence *presence,
                          struct buf *text) {
    ck_assert(config->is_online(config->presence, presence->user) ==
              presence->online);
    ck_assert((presence->last_seen_us > 0) == !presence->online);
    put_number(text, presence->online ? "online" : "offline",
               presence->user.value);
}

static void flow_unread(const struct frontend_config *config, uint64_t count,
                        struct buf *text) {
    (void)config;
    put_number(text, "unread", count);
}

/* GET: the asker's own message to the room 5, answered by its author. */
static void flow_request(const struct call_request *request,
                         struct call_next *next) {
    if (!slice_equal(request->method, SLICE("GET"))) {
        next->status = 405;
        next->allow = "GET";
        return;
    }
    next->ask = true;
    next->command.kind = WIRE_SEND;
    next->command.as.send.kind = ROOM_DIRECT;
    next->command.as.send.key = SLICE("1_2");
    next->command.as.send.text = request->path;
}

static void flow_answer(struct slice memo, const struct wire *reply,
                        struct call_next *next) {
    (void)memo;
    if (reply->kind != WIRE_REPLY_MESSAGE) {
        next->status = 503;
        return;
    }
    next->status = 200;
    put_number(&next->body, "by", reply->as.reply_message.message.author.value);
    buf_append_slice(&next->body, SLICE(" "));
    buf_append_slice(&next->body, next->self->username);
}

static const struct call_handler flow_calls = {flow_request, flow_answer};
static const char *const flow_paths[] = {"/flow-calls/", NULL};

static const struct frontend flow = {
    .abi = FRONTEND_ABI,
    .name = "flow",
    .path = "/flow/",
    .alias = "/stream/",
    .feed = true,
    .http = &flow_calls,
    .http_paths = flow_paths,
    .answers_are_events = true,
    .receive = words_receive,
    .reply = words_reply,
    .broadcast = flow_broadcast,
    .typing = flow_typing,
    .presence = flow_presence,
    .unread = flow_unread,
    .refuse = words_refuse,
};

static const struct frontend *const dialects[] = {&words, &flow, NULL};

/* --- Clients -------------------------------------------------------------- */

static void take_message(struct client *client, unsigned char first,
                         struct slice payload) {
    if (first == FRAME_PING) {
        client->pings++;
        return;
    }
    if (first == FRAME_CLOSE) {
        ck_assert_uint_ge(payload.size, 2);
        client->close_code = (unsigned)(unsigned char)payload.data[0] << 8 |
                             (unsigned char)payload.data[1];
        return;
    }
    ck_assert_uint_eq(client->close_code, 0); /* Nothing behind a close. */
    bool begins = (first & 0x0f) == 1;
    ck_assert(begins == (client->partial.size == 0));
    buf_append_slice(&client->partial, payload);
    if (!(first & FRAME_LAST)) {
        ck_assert_uint_gt(client->partial.size, 0);
        return;
    }
    buf_append_slice(&client->texts, buf_slice(&client->partial));
    buf_append_slice(&client->texts, SLICE("\n"));
    buf_clear(&client->partial);
    client->messages++;
}

static void cut_up(struct client *client) {
    for (;;) {
        const unsigned char *at = (unsigned char *)client->raw.data;
        size_t have = client->raw.size, header = 2;
        if (have < 2)
            return;
        uint64_t size = at[1];
        ck_assert_uint_lt(size, 128); /* A server does not mask. */
        if (size >= 126) {
            size_t length = size == 126 ? 2 : 8;
            header += length;
            size = 0;
            for (size_t i = 0; i < length; i++)
                size = size << 8 | at[2 + i];
        }
        ck_assert_uint_ge(have, header + size); /* Whole frames only. */
        take_message(client, at[0],
                     (struct slice){client->raw.data + header, size});
        buf_consume(&client->raw, header + size);
    }
}

static enum err transport_write(void *socket, struct slice frames) {
    struct client *client = socket;
    ck_assert(!client->busy);
    client->writes++;
    buf_append_slice(&client->raw, frames);
    if (client->stuck)
        client->busy = true;
    else
        cut_up(client);
    return ERR_OK;
}

static bool transport_is_busy(void *socket) {
    return ((struct client *)socket)->busy;
}

static void transport_ask(void *socket) {
    ((struct client *)socket)->asked = true;
}

static void transport_pause(void *socket, bool paused) {
    ((struct client *)socket)->paused = paused;
}

static void transport_cut(void *socket) {
    ((struct client *)socket)->cut = true;
}

static const struct transport transport = {
    .write = transport_write,
    .is_busy = transport_is_busy,
    .ask_writeable = transport_ask,
    .pause = transport_pause,
    .cut = transport_cut,
};

void client_say(struct client *client, const char *text) {
    connection_receive(client->connection, slice_of(text), true, true, false);
}

const char *client_heard(struct client *client) {
    buf_append(&client->texts, "", 1);
    client->texts.size = 0;
    client->messages = 0;
    return client->texts.data;
}

void client_unstick(struct client *client) {
    client->stuck = false;
    client->busy = false;
    cut_up(client);
    if (client->asked) {
        client->asked = false;
        connection_writeable(client->connection);
    }
}

/* --- The world ------------------------------------------------------------ */

static uint64_t now_ms(const struct world *world) {
    return monotonic_ms() + world->skew_ms;
}

static int64_t wall(const struct world *world) {
    return (int64_t)(wall_us() + world->skew_ms * 1000);
}

void world_init(struct world *world, const struct gateway_config *config) {
    link_process_init();
    log_start("test", LOG_ERROR);
    *world = (struct world){0};
    if (config)
        world->config = *config;
    world->broker = fake_broker_create("tcp://127.0.0.1:*", 1);
    snprintf(world->endpoint, sizeof(world->endpoint), "%s",
             fake_broker_endpoint(world->broker));
    world->metrics =
        metrics_create("gateway", gateway_metrics_table, GATEWAY_METRIC_COUNT);
    world->config.broker_endpoint = world->endpoint;
    world->config.frontends = dialects;
    world->config.transport = &transport;
    world->config.metrics = world->metrics;
    world->config.incarnation = 77;
    world->config.seed = 1;
    if (!world->config.patience_ms)
        world->config.patience_ms = 30000;
    gateway_init(&world->gateway, &world->config, now_ms(world), wall(world));
}

void world_finish(struct world *world) {
    for (uint32_t i = 0; i < world->clients_count; i++) {
        struct client *client = &world->clients[i];
        world_hang_up(client);
        buf_finish(&client->raw);
        buf_finish(&client->partial);
        buf_finish(&client->texts);
    }
    gateway_finish(&world->gateway);
    fake_broker_destroy(world->broker);
    metrics_destroy(world->metrics);
    link_process_finish();
}

static void turn(struct world *world) {
    gateway_begin_turn(&world->gateway, now_ms(world), wall(world));
    gateway_end_turn(&world->gateway);
    if (world->broker)
        fake_broker_turn(world->broker);
}

/* Waits until either end has something, a few milliseconds at most. True:
 * something came. */
static bool wait(struct world *world) {
    struct link_poll *poll = link_poll_create();
    uint32_t client = link_poll_add_client(poll, world->gateway.broker.link);
    uint32_t server = UINT32_MAX;
    if (world->broker)
        server = link_poll_add_server(poll, fake_broker_server(world->broker));
    link_poll_wait(poll, 5);
    bool ready = link_poll_ready(poll, client) ||
                 (server != UINT32_MAX && link_poll_ready(poll, server));
    link_poll_destroy(poll);
    return ready;
}

void world_until(struct world *world, bool (*done)(struct world *world)) {
    uint64_t until_ms = monotonic_ms() + 10000;
    for (;;) {
        turn(world);
        if (done(world))
            return;
        if (monotonic_ms() > until_ms)
            ck_abort_msg("it does not happen");
        (void)wait(world);
    }
}

/* All that is asked is answered, and nothing more comes for a while. */
void world_settle(struct world *world) {
    unsigned quiet = 0;
    while (quiet < 8) {
        turn(world);
        quiet = wait(world) ? 0 : quiet + 1;
    }
    turn(world);
}

void world_pass(struct world *world, uint64_t ms) {
    /* The link is asked often enough not to fall silent by its own clock. */
    while (ms > 0) {
        uint64_t step_ms = ms < 500 ? ms : 500;
        world->skew_ms += step_ms;
        ms -= step_ms;
        turn(world);
        world_settle(world);
    }
}

static struct client *connect_as(struct world *world, uint64_t user,
                                 uint32_t dialect) {
    ck_assert_uint_lt(world->clients_count, WORLD_CLIENTS_MAX);
    struct client *client = &world->clients[world->clients_count++];
    struct wire_profile claims = {.user = {user}, .username = SLICE("name")};
    gateway_clock(&world->gateway, now_ms(world), wall(world));
    struct connection_config config = {
        .socket = client,
        .dialect = dialect,
        .claims = &claims,
        .expires_us = wall(world) + INT64_C(3600) * 1000000,
        .address = 1,
    };
    client->connection = connection_create(&world->gateway, &config);
    return client;
}

struct client *world_connect_only(struct world *world, uint64_t user) {
    return connect_as(world, user, 0);
}

struct client *world_flow_only(struct world *world, uint64_t user) {
    return connect_as(world, user, 1);
}

static bool is_open(struct world *world) {
    const struct client *client = &world->clients[world->clients_count - 1];
    return client->connection->state == CONNECTION_OPEN &&
           feed_is_in(client->connection);
}

struct client *world_flow(struct world *world, uint64_t user) {
    struct client *client = world_flow_only(world, user);
    world_until(world, is_open);
    return client;
}

struct client *world_connect(struct world *world, uint64_t user) {
    struct client *client = world_connect_only(world, user);
    world_until(world, is_open);
    return client;
}

void world_hang_up(struct client *client) {
    if (client->connection)
        connection_destroy(client->connection);
    client->connection = NULL;
}

/* --- The broker's fate ---------------------------------------------------- */

bool world_is_down(struct world *world) {
    return world->gateway.broker.down_ms != 0;
}

bool world_is_up(struct world *world) {
    return world->gateway.broker.down_ms == 0;
}

static struct fake_broker *lost; /* Between down and up. */

void world_broker_down(struct world *world) {
    lost = fake_broker_create("inproc://lost", 1);
    fake_broker_inherit(lost, world->broker);
    fake_broker_destroy(world->broker);
    world->broker = NULL;
    world_until(world, world_is_down);
}

void world_broker_up(struct world *world, uint64_t epoch) {
    world->broker = fake_broker_create(world->endpoint, epoch);
    fake_broker_inherit(world->broker, lost);
    fake_broker_destroy(lost);
    lost = NULL;
    world_until(world, world_is_up);
}

void client_expect(struct client *client, const char *texts) {
    ck_assert_str_eq(client_heard(client), texts);
}

void world_dialog(struct world *world, room_id room, const char *key,
                  uint64_t a, uint64_t b) {
    fake_broker_room(world->broker, room, ROOM_DIRECT, key, (uint64_t[]){a, b},
                     2);
}

void world_project(struct world *world, room_id room, const char *key) {
    fake_broker_room(world->broker, room, ROOM_PROJECT, key,
                     (uint64_t[]){1, 2, 3}, 3);
}

void world_say_as(struct world *world, room_id room, uint64_t user,
                  const char *text) {
    fake_broker_event(world->broker, room, EVENT_MESSAGE_CREATED,
                      (user_id){user}, text);
}
