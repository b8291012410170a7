/* api_users.c - PUT and GET /api/users/{id}: the directory of profiles. */
#include "common/json_write.h"
#include "gateway/api/api_internal.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define TEXT(name)                                                             \
    {                                                                          \
#name, API_TEXT, false, 0, LIMIT_PROFILE_FIELD_BYTES,                  \
            offsetof(struct wire_profile, name)                                \
    }
#define BOOL(name)                                                             \
    { #name, API_BOOL, false, 0, 0, offsetof(struct wire_profile, name) }

static const struct api_field fields[] = {
    TEXT(username),         TEXT(email),
    TEXT(first_name),       TEXT(last_name),
    TEXT(github_url),       TEXT(avatar),
    TEXT(thumbnail_avatar), BOOL(email_notifications),
    BOOL(email_confirmed),
};

/* The whole profile: what is not given is empty from then on. */
void api_user_put(struct api_ask *ask) {
    struct wire *command = &ask->next->command;
    struct wire_profile profile = {.user = {ask->ids[0]},
                                   .from_directory = true};
    if (!api_take_body(ask, fields, COUNT(fields), &profile))
        return;
    command->kind = WIRE_USER_PUT;
    command->as.user_put.profile = profile;
    ask->next->ask = true;
}

void api_user_get(struct api_ask *ask) {
    ask->next->command.kind = WIRE_USER_GET;
    ask->next->command.as.user_get.user = (user_id){ask->ids[0]};
    ask->next->ask = true;
}

void api_user_say(struct api_answer *answer) {
    const struct wire_profile *profile =
        &answer->reply->as.reply_profile.profile;
    struct buf *body = &answer->next->body;
    json_put(body, "{\"id\":");
    json_put_uint(body, profile->user.value);
    for (size_t i = 0; i < COUNT(fields); i++) {
        const void *value = (const char *)profile + fields[i].offset;
        json_put(body, ",\"");
        json_put(body, fields[i].name);
        json_put(body, "\":");
        if (fields[i].type == API_BOOL)
            json_put_bool(body, *(const bool *)value);
        else
            json_put_text(body, *(const struct slice *)value);
    }
    json_put(body, "}");
    answer->next->status = 200;
}
