/* api_presence.c - who is there: GET /api/users/{id}/presence, POST
 * /api/users/{id}/disconnect and GET /api/rooms/{id}/presence. */
#include "common/json_write.h"
#include "gateway/api/api_internal.h"
#include "gateway/frontend.h"
#include "gateway/json/dates.h"

void api_presence_get(struct api_ask *ask) {
    ask->next->command.kind = WIRE_PRESENCE_GET;
    ask->next->command.as.presence_get.user = (user_id){ask->ids[0]};
    ask->next->ask = true;
}

void api_presence_say(struct api_answer *answer) {
    const struct wire_presence *presence =
        &answer->reply->as.reply_presence.presence;
    struct buf *body = &answer->next->body;
    json_put(body, "{\"user_id\":");
    json_put_uint(body, presence->user.value);
    json_put(body, ",\"online\":");
    json_put_bool(body, presence->online);
    json_put(body, ",\"last_seen\":");
    if (presence->last_seen_us && !presence->online)
        dates_put_utc(body, presence->last_seen_us);
    else
        json_put(body, "null");
    json_put(body, "}");
    answer->next->status = 200;
}

void api_user_kick(struct api_ask *ask) {
    ask->next->command.kind = WIRE_USER_KICK;
    ask->next->command.as.user_kick.user = (user_id){ask->ids[0]};
    ask->next->ask = true;
}

/* Who of the members is online, as far as this gateway knows. */
void api_room_presence_say(struct api_answer *answer) {
    const struct wire_reply_room *reply = &answer->reply->as.reply_room;
    const struct frontend_config *config = answer->next->config;
    struct buf *body = &answer->next->body;
    bool is_first = true;
    json_put(body, "{\"online\":[");
    for (uint32_t i = 0; i < reply->members_count; i++) {
        user_id user = reply->members[i].user;
        if (!config->is_online(config->presence, user))
            continue;
        if (!is_first)
            json_put(body, ",");
        json_put_uint(body, user.value);
        is_first = false;
    }
    json_put(body, "]}");
    answer->next->status = 200;
}
