/* dialogs_ask.c - the commands that send a message, for the frames and the
 * HTTP call alike. */
#include "common/json_write.h"
#include "gateway/frontends/dialogs/dialogs.h"

void dialogs_ask_send(const struct dialogs_memo *memo, user_id self,
                      struct wire_file_name *name, struct wire *command) {
    PRE(memo->file.value != 0);
    *name = (struct wire_file_name){.file = memo->file};
    *command = (struct wire){
        .kind = WIRE_FILES,
        .as.files = {.user = self, .names = name, .names_count = 1}};
}

/* "<smaller>_<larger>" */
static struct slice direct_key(user_id a, user_id b, char *key) {
    struct buf text = {0};
    json_put_uint(&text, a.value < b.value ? a.value : b.value);
    json_put(&text, "_");
    json_put_uint(&text, a.value < b.value ? b.value : a.value);
    INVARIANT(text.size <= DIALOGS_KEY_BYTES_MAX);
    struct slice made = {key, text.size};
    memcpy(key, text.data, text.size);
    buf_finish(&text);
    return made;
}

void dialogs_send(const struct dialogs_memo *memo, user_id self,
                  struct wire_file *file, char *key, struct wire *command) {
    *command = (struct wire){.kind = WIRE_SEND,
                             .as.send = {.room = memo->room,
                                         .text = memo->body,
                                         .reply_to = memo->reply_to,
                                         .client_key = memo->client_key,
                                         .lesson = memo->lesson,
                                         .dialog = memo->room.value != 0,
                                         .files = file,
                                         .files_count = file ? 1 : 0,
                                         .mail = true}};
    if (memo->room.value)
        return;
    command->as.send.kind = ROOM_DIRECT;
    command->as.send.key = direct_key(self, memo->other, key);
}
