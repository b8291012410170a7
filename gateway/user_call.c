/* Paths are few and calls are looked up by their beginning, one by one. */
#include "gateway/user_call.h"

#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

static bool begins_with(struct slice path, struct slice beginning) {
    return path.size >= beginning.size &&
           memcmp(path.data, beginning.data, beginning.size) == 0;
}

const struct call_handler *user_call_handler(const struct gateway *gateway,
                                             struct slice path) {
    const struct frontend *const *frontends = gateway->config.frontends;
    for (size_t i = 0; frontends[i]; i++) {
        const char *const *paths = frontends[i]->http_paths;
        if (!frontends[i]->http || !paths)
            continue;
        for (; *paths; paths++) {
            if (begins_with(path, slice_of(*paths)))
                return frontends[i]->http;
        }
    }
    return NULL;
}

enum user_call user_call_check(struct gateway *gateway, user_id id) {
    struct user *user = users_visit(&gateway->users, id);
    if (rate_take(&gateway->config.rate, &user->rate, gateway->now_ms) !=
        RATE_TAKEN) {
        metrics_add(gateway->config.metrics, METRIC_THROTTLED, 1);
        return USER_CALL_THROTTLED;
    }
    return gateway->broker.down_ms != 0 ? USER_CALL_AWAY : USER_CALL_OK;
}

const struct wire_profile *user_call_self(const struct gateway *gateway,
                                          const struct wire_profile *claims) {
    const struct user *user = users_find(&gateway->users, claims->user);
    if (!user || list_is_empty(&user->connections))
        return claims;
    const struct connection *connection =
        LIST_OF(user->connections.next, struct connection, of_user);
    return connection->profile->from_directory ? connection->profile : claims;
}
