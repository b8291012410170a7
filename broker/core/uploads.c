/* uploads.c - see uploads.h. */
#include "broker/core/uploads.h"

#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/user.h"
#include "common/hash.h"

uint64_t upload_digest(const struct wire_file_put *put) {
    uint64_t digest = hash_u64(put->bytes.size, put->last);
    digest = hash_bytes(digest, put->bytes);
    digest = hash_bytes(hash_u64(digest, put->secret.size), put->secret);
    digest = hash_bytes(hash_u64(digest, put->name.size), put->name);
    return hash_bytes(hash_u64(digest, put->mime.size), put->mime);
}

struct upload *upload_find(const struct user *user,
                           const struct command *command, uint64_t digest) {
    const struct wire_file_put *put = &command->wire->as.file_put;
    for (uint32_t i = 0; i < user->uploads_count; i++) {
        struct upload *upload = user->uploads[i];
        bool same = put->file.value
                        ? put->file.value == upload->file.value
                        : put->secret.size && upload->last_offset == 0 &&
                              upload->last_digest == digest;
        if (upload->gateway == command->gateway && same)
            return upload;
    }
    return NULL;
}

static void unlink_upload(struct core *core, struct upload *upload) {
    struct upload_list *list = &core->uploads;
    if (upload->previous)
        upload->previous->next = upload->next;
    else
        list->first = upload->next;
    if (upload->next)
        upload->next->previous = upload->previous;
    else
        list->last = upload->previous;
    upload->previous = NULL;
    upload->next = NULL;
}

static void link_last(struct core *core, struct upload *upload,
                      int64_t used_us) {
    struct upload_list *list = &core->uploads;
    upload->used_us = used_us;
    upload->previous = list->last;
    if (list->last)
        list->last->next = upload;
    else
        list->first = upload;
    list->last = upload;
}

void upload_touch(struct core *core, struct upload *upload) {
    unlink_upload(core, upload);
    link_last(core, upload, core->now_us);
}

/* Room for one more, at the price of one that is whole, or else of the one
 * unused for the longest. */
static bool make_room(struct core *core, struct user *user) {
    if (user->uploads_count < USER_UPLOADS_MAX)
        return true;
    for (uint32_t i = 0; i < user->uploads_count; i++) {
        if (user->uploads[i]->whole) {
            upload_end(core, user->uploads[i]);
            return true;
        }
    }
    struct upload *oldest = user->uploads[0];
    for (uint32_t i = 1; i < user->uploads_count; i++)
        if (user->uploads[i]->used_us < oldest->used_us)
            oldest = user->uploads[i];
    if (oldest->used_us + UPLOAD_STALE_US > core->now_us)
        return false;
    upload_end(core, oldest);
    return true;
}

struct upload *upload_begin(struct core *core, struct user *user,
                            uint32_t gateway, file_id file) {
    if (!make_room(core, user))
        return NULL;
    struct upload *upload = mem_zalloc(sizeof *upload);
    upload->user = user;
    upload->gateway = gateway;
    upload->file = file;
    user->uploads[user->uploads_count++] = upload;
    user->actor.pins++;
    link_last(core, upload, core->now_us);
    return upload;
}

bool upload_restore(struct core *core, const struct upload *upload,
                    uint32_t index) {
    struct user *user = upload->user;
    PRE(index < USER_UPLOADS_MAX);
    if (user->uploads[index])
        return false;
    struct upload *copy = mem_alloc(sizeof *copy);
    *copy = *upload;
    user->uploads[index] = copy;
    user->uploads_count++;
    user->actor.pins++;
    link_last(core, copy, upload->used_us);
    return true;
}

void uploads_discard(struct core *core, struct user *user) {
    for (uint32_t i = 0; i < USER_UPLOADS_MAX; i++) {
        if (!user->uploads[i])
            continue;
        unlink_upload(core, user->uploads[i]);
        free(user->uploads[i]);
        user->uploads[i] = NULL;
    }
    user->uploads_count = 0;
}

void upload_end(struct core *core, struct upload *upload) {
    struct user *user = upload->user;
    uint32_t at = 0;
    while (at < user->uploads_count && user->uploads[at] != upload)
        at++;
    INVARIANT(at < user->uploads_count);
    user->uploads_count--;
    memmove(&user->uploads[at], &user->uploads[at + 1],
            (user->uploads_count - at) * sizeof(user->uploads[0]));
    user->uploads[user->uploads_count] = NULL;
    user->actor.pins--;
    actor_wake(core, &user->actor);
    unlink_upload(core, upload);
    free(upload);
}

void uploads_end_of_user(struct core *core, struct user *user) {
    while (user->uploads_count > 0)
        upload_end(core, user->uploads[user->uploads_count - 1]);
}

void uploads_gateway_gone(struct core *core, uint32_t gateway) {
    struct upload *next;
    for (struct upload *at = core->uploads.first; at; at = next) {
        next = at->next;
        if (at->gateway == gateway)
            upload_end(core, at);
    }
}

int64_t uploads_deadline_us(const struct core *core) {
    const struct upload *first = core->uploads.first;
    return first ? first->used_us + UPLOAD_IDLE_US : INT64_MAX;
}

void uploads_tick(struct core *core) {
    while (uploads_deadline_us(core) <= core->now_us)
        upload_end(core, core->uploads.first);
}
