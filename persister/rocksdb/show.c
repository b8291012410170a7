/* show.c - see show.h. */
#include "persister/rocksdb/show.h"

void show_begin(struct show *show, struct reading *reading, room_id room,
                const struct wire_room_state *state) {
    *show = (struct show){.reading = reading, .room = room, .state = state};
}

bool show_is_read(const struct wire_room_state *state, user_id author,
                  uint64_t place) {
    return (state->reader1.value != 0 && state->reader1.value != author.value &&
            state->mark1 >= place) ||
           (state->reader2.value != 0 && state->reader2.value != author.value &&
            state->mark2 >= place);
}

/* The two members, once. */
static enum err find_members(struct show *show) {
    struct slice key, value;
    uint32_t count = 0;
    if (show->has_members)
        return ERR_OK;
    struct key first = key_range(KEY_MEMBER, show->room.value);
    enum err err =
        reading_seek(show->reading, &first, first.size, &key, &value);
    while (err == ERR_OK) {
        if (count == 2)
            return rocks_corrupt_row("room state", show->reading->error);
        show->marks[count++].user.value = key_last_number(key);
        err = reading_step(show->reading, &first, first.size, &key, &value);
    }
    if (err != ERR_NOT_FOUND)
        return err;
    if (count != 2)
        return rocks_corrupt_row("room state", show->reading->error);
    show->has_members = true;
    return ERR_OK;
}

static enum err find_mark(struct show *show, struct show_mark *mark,
                          uint64_t place) {
    struct slice key, value;
    uint64_t at_us;
    if (mark->from && place >= mark->from && place <= mark->mark)
        return ERR_OK;
    struct key first = key_mark(show->room, mark->user, place);
    enum err err = reading_seek(show->reading, &first,
                                first.size - sizeof place, &key, &value);
    mark->from = place;
    mark->mark = UINT64_MAX;
    mark->at_us = 0;
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (row_get_number(value, &at_us) != ERR_OK)
        return rocks_corrupt_row("mark", show->reading->error);
    mark->mark = key_last_number(key);
    mark->at_us = (int64_t)at_us;
    return ERR_OK;
}

/* When another of the two first had it below their mark. */
static enum err find_read_us(struct show *show, struct wire_message *message) {
    message->read_us = 0;
    if (show->state->members_count != 2 || !message->read)
        return ERR_OK;
    enum err err = find_members(show);
    for (int i = 0; i < 2 && err == ERR_OK; i++) {
        struct show_mark *mark = &show->marks[i];
        if (mark->user.value == message->author.value)
            continue;
        err = find_mark(show, mark, message->place);
        if (err == ERR_OK && mark->at_us != 0 &&
            (message->read_us == 0 || mark->at_us < message->read_us))
            message->read_us = mark->at_us;
    }
    return err;
}

static enum err find_quote(struct show *show, struct wire_message *message) {
    struct wire_message quoted;
    struct spot spot;
    message->quote = (struct wire_quote){0};
    if (message->reply_to.value == 0)
        return ERR_OK;
    enum err err = reading_spot(show->reading, message->reply_to, &spot);
    if (err == ERR_OK && spot.room.value != show->room.value)
        return ERR_OK;
    if (err == ERR_OK)
        err = reading_message(show->reading, spot.room, spot.ordinal, &quoted);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    message->quote = (struct wire_quote){
        .message = quoted.message,
        .author = quoted.author,
        .text = quoted.text,
        .created_us = quoted.created_us,
        .edited = quoted.edited,
        .deleted = quoted.deleted,
        .read = show_is_read(show->state, quoted.author, quoted.place),
        .files = quoted.files,
        .files_count = quoted.files_count,
        .place = quoted.place};
    return ERR_OK;
}

enum err show_message(struct show *show, struct wire_message *message) {
    message->read = show_is_read(show->state, message->author, message->place);
    enum err err = find_read_us(show, message);
    return err == ERR_OK ? find_quote(show, message) : err;
}

static uint64_t files_weight(const struct wire_file *files, uint32_t count) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        bytes += files[i].secret.size + files[i].name.size + files[i].mime.size;
    return bytes;
}

uint64_t show_weight(const struct wire_message *message) {
    const struct wire_quote *quote = &message->quote;
    return message->text.size + quote->text.size +
           files_weight(message->files, message->files_count) +
           files_weight(quote->files, quote->files_count);
}
