/* dialogs_message.c - a message, its author, its file, and a dialog. */
#include "common/json_write.h"
#include "common/markdown/markdown.h"
#include "gateway/frontends/dialogs/dialogs.h"
#include "gateway/json/dates.h"
#include "gateway/media.h"

#define DEFAULT_AVATAR "/static/default_avatar.jpg"

static void put_text_or_null(struct buf *out, struct slice text) {
    if (text.size)
        json_put_text(out, text);
    else
        json_put(out, "null");
}

static void put_user(struct buf *out, user_id user,
                     const struct wire_profile *profile) {
    static const struct wire_profile nobody = {0};
    if (!profile)
        profile = &nobody;
    json_put(out, "{\"id\":");
    json_put_uint(out, user.value);
    json_put(out, ",\"email\":");
    json_put_text(out, profile->email);
    json_put(out, ",\"first_name\":");
    json_put_text(out, profile->first_name);
    json_put(out, ",\"last_name\":");
    json_put_text(out, profile->last_name);
    json_put(out, ",\"github_url\":");
    put_text_or_null(out, profile->github_url);
    json_put(out, ",\"avatar\":");
    json_put_text(out, profile->avatar.size ? profile->avatar
                                            : SLICE(DEFAULT_AVATAR));
    json_put(out, ",\"thumbnail_avatar\":");
    put_text_or_null(out, profile->thumbnail_avatar);
    json_put(out, ",\"email_notifications\":");
    json_put_bool(out, profile->email_notifications);
    json_put(out, ",\"email_confirmed\":");
    json_put_bool(out, profile->email_confirmed);
    json_put(out, "}");
}

static void put_file(struct buf *out, const struct frontend_config *config,
                     const struct wire_file *file) {
    json_put(out, "{\"id\":");
    json_put_uint(out, file->file.value);
    json_put(out, ",\"date_created\":");
    dates_put_local(out, config->zone, file->created_us);
    json_put(out, ",\"content\":\"");
    media_put_path(out, file);
    json_put(out, "\"}");
}

/* Messages of other dialects may have several files: the first is the one that
 * this dialect's clients know, |files| has all. */
static void put_files(struct buf *out, const struct frontend_config *config,
                      const struct wire_message *message) {
    json_put(out, ",\"file\":");
    if (message->files_count)
        put_file(out, config, &message->files[0]);
    else
        json_put(out, "null");
    json_put(out, ",\"files\":[");
    for (uint32_t i = 0; i < message->files_count; i++) {
        if (i)
            json_put(out, ",");
        put_file(out, config, &message->files[i]);
    }
    json_put(out, "]");
}

static void put_body(struct buf *out, const struct wire_message *message) {
    struct buf html = {0};
    /* Longer than any message can be: nothing to show. */
    if (markdown_html(message->text, &html) != ERR_OK)
        buf_clear(&html);
    json_put_text(out, buf_slice(&html));
    buf_finish(&html);
}

void dialogs_put_message(struct buf *out, const struct frontend_config *config,
                         const struct wire_message *message,
                         const struct wire_profile *author) {
    json_put(out, "{\"id\":");
    json_put_uint(out, message->message.value);
    json_put(out, ",\"user\":");
    put_user(out, message->author, author);
    json_put(out, ",\"body\":");
    put_body(out, message);
    json_put(out, ",\"reply_id\":");
    json_put_id_or_null(out, message->reply_to.value);
    put_files(out, config, message);
    json_put(out, ",\"date_created\":");
    dates_put_local(out, config->zone, message->created_us);
    json_put(out, ",\"date_read\":");
    if (message->read_us)
        dates_put_local(out, config->zone, message->read_us);
    else
        json_put(out, "null");
    json_put(out, ",\"dialog\":");
    json_put_uint(out, message->room.value);
    json_put(out, ",\"lesson\":");
    json_put_id_or_null(out, message->lesson);
    json_put(out, "}");
}

/* As the seed has it, key by key. */
static const char empty_message[] =
    "{\"user\":{\"first_name\":\"\",\"last_name\":\"\",\"github_url\":\"\","
    "\"avatar\":null,\"email_notifications\":false,\"email_confirmed\":false},"
    "\"file\":{\"content\":null},\"date_read\":null,\"dialog\":null,"
    "\"lesson\":null}";

void dialogs_put_view(struct buf *out, const struct frontend_config *config,
                      const struct wire_view *view,
                      const struct wire_profile *profiles, uint32_t count) {
    json_put(out, "{\"id\":");
    json_put_uint(out, view->room.room.value);
    json_put(out, ",\"last_message\":");
    if (view->last.message.value)
        dialogs_put_message(
            out, config, &view->last,
            wire_profile_find(profiles, count, view->last.author));
    else
        json_put(out, empty_message);
    json_put(out, ",\"unread_count\":");
    json_put_uint(out, view->unread);
    json_put(out, "}");
}
