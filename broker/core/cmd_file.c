/* cmd_file.c - WIRE_FILE_PUT: one chunk of an upload, which is answered when
 * it is on disk. The last one makes the file. */
#include "broker/core/cmd_file.h"

#include "broker/core/core_state.h"
#include "broker/core/interest.h"
#include "broker/core/reply.h"
#include "broker/core/user.h"

static enum run refuse(struct core *core, const struct command *command,
                       enum wire_refusal refusal, const char *field) {
    if (field)
        reply_refuse_field(core, command, refusal, field);
    else
        reply_refuse(core, command, refusal);
    return RUN_DONE;
}

/* What is wrong with the chunk by itself; NULL: nothing. */
static const char *bad_field(const struct wire_file_put *put) {
    if (put->offset > LIMIT_FILE_BYTES ||
        put->offset % LIMIT_FILE_CHUNK_BYTES != 0 ||
        (put->file.value == 0 && put->offset != 0))
        return "offset";
    if (put->bytes.size > LIMIT_FILE_BYTES - put->offset ||
        (!put->last && put->bytes.size != LIMIT_FILE_CHUNK_BYTES))
        return "bytes";
    if (!put->last)
        return NULL;
    if (put->secret.size != LIMIT_FILE_SECRET_BYTES)
        return "secret";
    if (put->name.size == 0)
        return "name";
    return put->mime.size == 0 ? "mime" : NULL;
}

static struct wire_file row_of(const struct upload *upload,
                               const struct wire_file_put *put) {
    struct wire_file file = {.file = upload->file,
                             .owner = upload->user->user,
                             .created_us = upload->created_us,
                             .size = upload->size};
    if (upload->whole) {
        file.secret = put->secret;
        file.name = put->name;
        file.mime = put->mime;
    }
    return file;
}

static void append_chunk(struct core *core, const struct upload *upload,
                         const struct pending_item *item,
                         const struct command *command, struct wire *reply) {
    const struct wire_file_put *put = &command->wire->as.file_put;
    struct wire record = {.kind = RECORD_FILE_CHUNK};
    record.as.record_file_chunk.file = upload->file;
    record.as.record_file_chunk.offset = put->offset;
    record.as.record_file_chunk.bytes = put->bytes;
    record.as.record_file_chunk.at_us = core->now_us;
    pending_append(core, item, reply ? command : NULL, &record, NULL, reply);
}

static void apply(struct core *core, struct upload *upload,
                  const struct command *command, uint64_t digest) {
    const struct wire_file_put *put = &command->wire->as.file_put;
    struct pending_item item = {.kind = PENDING_TELL,
                                .actor = &upload->user->actor};
    upload->size += put->bytes.size;
    upload->last_offset = put->offset;
    upload->last_digest = digest;
    if (put->last) {
        upload->whole = true;
        upload->created_us = core->now_us;
    }
    struct wire reply = {.kind = WIRE_REPLY_FILE};
    reply.as.reply_file.file = row_of(upload, put);
    if (put->bytes.size)
        append_chunk(core, upload, &item, command, put->last ? NULL : &reply);
    if (!put->last)
        return;
    struct wire record = {.kind = RECORD_FILE_PUT};
    record.as.record_file_put.file = reply.as.reply_file.file;
    pending_append(core, &item, command, &record, NULL, &reply);
}

/* The latest chunk came again: as before, when it is on disk. */
static void answer_again(struct core *core, const struct upload *upload,
                         const struct command *command) {
    struct pending_item item = {.kind = PENDING_TELL,
                                .actor = &upload->user->actor};
    struct wire reply = {.kind = WIRE_REPLY_FILE};
    reply.as.reply_file.file = row_of(upload, &command->wire->as.file_put);
    pending_reply(core, &item, command, &reply);
}

/* Files are large and wait longer than chat, so they get half of the room. */
static bool has_room(const struct core *core) {
    return pending_has_room(core, 2) &&
           core->stats.pending_bytes < core->config.pending_bytes_max / 2;
}

enum run cmd_file_put(struct core *core, struct user *user,
                      const struct command *command) {
    const struct wire_file_put *put = &command->wire->as.file_put;
    const char *field = bad_field(put);
    if (field)
        return refuse(core, command, REFUSED_BAD_FIELD, field);
    uint64_t digest = upload_digest(put);
    struct upload *upload = upload_find(user, command, digest);
    if (!upload && put->file.value)
        return refuse(core, command, REFUSED_NOT_FOUND, NULL);
    if (upload && put->offset == upload->last_offset &&
        digest == upload->last_digest) {
        upload_touch(core, upload);
        answer_again(core, upload, command);
        return RUN_DONE;
    }
    if (upload && (upload->whole || put->offset != upload->size))
        return refuse(core, command, REFUSED_BAD_FIELD, "offset");
    /* Of a gateway that is gone nobody would go on with it. */
    if (!has_room(core) || !gateway_find(core, command->gateway))
        return refuse(core, command, REFUSED_TRY_AGAIN, NULL);
    if (!upload) {
        uint32_t partition = user->actor.partition;
        uint64_t seq = core_partition(core, partition)->next_seq;
        file_id file = {seq * PARTITION_COUNT + partition};
        upload = upload_begin(core, user, command->gateway, file);
        if (!upload)
            return refuse(core, command, REFUSED_OVERLOADED, NULL);
    }
    upload_touch(core, upload);
    apply(core, upload, command, digest);
    return RUN_DONE;
}
