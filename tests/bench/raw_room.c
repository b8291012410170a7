/* raw_room.c - see raw_room.h. */
#include "tests/bench/raw_room.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tests/bench/ws.h"

/* The largest event: 150 bytes of text are usual, a few KiB the most. */
#define EVENT_BYTES_MAX 16384u

struct room {
    struct raw_peer **members;
    uint32_t member_count;
    uint32_t member_capacity;
};

struct raw_rooms {
    int epoll_fd;
    bool is_coalescing;
    uint64_t message_last;
    struct room *rooms;
    struct buf dirty; /* struct raw_peer *[]. */
};

struct raw_rooms *raw_rooms_create(int epoll_fd, bool is_coalescing) {
    struct raw_rooms *rooms = mem_zalloc(sizeof(*rooms));
    rooms->epoll_fd = epoll_fd;
    rooms->is_coalescing = is_coalescing;
    rooms->rooms = mem_zalloc(RAW_ROOM_COUNT * sizeof(struct room));
    return rooms;
}

void raw_rooms_destroy(struct raw_rooms *rooms) {
    if (rooms == NULL)
        return;
    for (uint32_t i = 0; i < RAW_ROOM_COUNT; i++)
        free(rooms->rooms[i].members);
    free(rooms->rooms);
    buf_finish(&rooms->dirty);
    free(rooms);
}

void raw_room_join(struct raw_rooms *rooms, uint32_t number,
                   struct raw_peer *peer) {
    PRE(number > 0 && number < RAW_ROOM_COUNT);
    raw_room_leave(rooms, peer);
    struct room *room = &rooms->rooms[number];
    if (room->member_count == room->member_capacity) {
        uint32_t capacity =
            room->member_capacity ? room->member_capacity * 2 : 16;
        room->members =
            mem_realloc(room->members, capacity * sizeof(room->members[0]));
        room->member_capacity = capacity;
    }
    peer->room = number;
    peer->slot = room->member_count;
    room->members[room->member_count++] = peer;
}

void raw_room_leave(struct raw_rooms *rooms, struct raw_peer *peer) {
    if (peer->room == 0)
        return;
    struct room *room = &rooms->rooms[peer->room];
    struct raw_peer *last = room->members[--room->member_count];
    room->members[peer->slot] = last;
    last->slot = peer->slot;
    peer->room = 0;
}

static void arm(int epoll_fd, struct raw_peer *peer, bool wants_write) {
    struct epoll_event event = {
        .events = EPOLLIN | (wants_write ? (uint32_t)EPOLLOUT : 0),
        .data.ptr = peer};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, peer->fd, &event);
    peer->wants_write = wants_write;
}

/* Writes |peer->out|; keeps its memory, an active socket needs it again. */
static void flush_peer(int epoll_fd, struct raw_peer *peer) {
    ssize_t sent = send(peer->fd, peer->out.data, peer->out.size,
                        MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
        buf_consume(&peer->out, (size_t)sent);
    bool wants_write = peer->out.size > 0;
    if (wants_write != peer->wants_write)
        arm(epoll_fd, peer, wants_write);
}

void raw_peer_send(int epoll_fd, struct raw_peer *peer, const char *data,
                   size_t size) {
    ssize_t sent = 0;
    if (!peer->wants_write) {
        sent = send(peer->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent == (ssize_t)size)
            return;
        /* A dead socket is noticed by its EPOLLHUP. */
        if (sent < 0 && errno != EAGAIN)
            return;
    }
    size_t done = sent > 0 ? (size_t)sent : 0;
    buf_append(&peer->out, data + done, size - done);
    if (!peer->wants_write)
        arm(epoll_fd, peer, true);
}

void raw_peer_resume(int epoll_fd, struct raw_peer *peer) {
    flush_peer(epoll_fd, peer);
}

static void deliver(struct raw_rooms *rooms, struct raw_peer *peer,
                    const struct buf *frame) {
    if (!rooms->is_coalescing) {
        raw_peer_send(rooms->epoll_fd, peer, frame->data, frame->size);
        return;
    }
    buf_append(&peer->out, frame->data, frame->size);
    if (!peer->is_dirty && !peer->wants_write) {
        peer->is_dirty = true;
        buf_append(&rooms->dirty, &peer, sizeof(peer));
    }
}

/* Makes one server frame around |payload|. */
static struct buf make_frame(const char *payload, int size) {
    struct buf frame = {0};
    char header[WS_HEADER_BYTES_MAX];
    buf_append(&frame, header, ws_header(header, WS_TEXT, (size_t)size, NULL));
    buf_append(&frame, payload, (size_t)size);
    return frame;
}

/* The same keys as the `messenger` dialect's create event, so that every
 * server of the bench moves the same number of bytes. */
static int print_event(char *out, uint64_t message, uint32_t room,
                       struct slice text) {
    return snprintf(out, EVENT_BYTES_MAX,
                    "{\"action\":\"create\",\"pk\":%" PRIu64
                    ",\"data\":{\"id\":%" PRIu64
                    ",\"created_at_formatted\":\"02-02-2022 08:21:33\","
                    "\"user\":{\"id\":1000001,\"username\":\"user-1000001\","
                    "\"email\":\"user-1000001@example.org\"},\"text\":\"%.*s\","
                    "\"date\":\"2022-02-02T08:21:33.724162Z\",\"chat\":%" PRIu32
                    ",\"reply_to_message\":null,\"read\":false}}",
                    message, message, (int)text.size, text.data, room);
}

void raw_room_say(struct raw_rooms *rooms, uint32_t number,
                  struct raw_peer *peer, struct slice text,
                  struct slice request_id) {
    PRE(number > 0 && number < RAW_ROOM_COUNT);
    char event[EVENT_BYTES_MAX];
    if (text.size + request_id.size + 1024 > sizeof(event))
        return;
    const struct room *room = &rooms->rooms[number];
    int size = print_event(event, ++rooms->message_last, number, text);
    struct buf frame = make_frame(event, size);
    /* The sender's copy goes on where the event's last brace was. */
    size += snprintf(event + size - 1, sizeof(event) - (size_t)size,
                     ",\"errors\":[],\"response_status\":201,"
                     "\"request_id\":%.*s}",
                     (int)request_id.size, request_id.data) -
            1;
    struct buf copy = make_frame(event, size);
    for (uint32_t i = 0; i < room->member_count; i++)
        deliver(rooms, room->members[i],
                room->members[i] == peer ? &copy : &frame);
    /* As in the dialect: one who did not subscribe has the answer all the
     * same, and only that. */
    if (peer->room != number)
        deliver(rooms, peer, &copy);
    buf_finish(&frame);
    buf_finish(&copy);
}

void raw_rooms_flush(struct raw_rooms *rooms) {
    size_t count = rooms->dirty.size / sizeof(struct raw_peer *);
    for (size_t i = 0; i < count; i++) {
        struct raw_peer *peer;
        memcpy(&peer, rooms->dirty.data + i * sizeof(peer), sizeof(peer));
        peer->is_dirty = false;
        flush_peer(rooms->epoll_fd, peer);
    }
    buf_clear(&rooms->dirty);
}
