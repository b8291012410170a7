/* One small piece of memory for each user, whatever the number of devices. */
#include "gateway/users.h"

#include <stdlib.h>

#include "common/buf.h"
#include "common/err.h"

void users_init(struct users *users, uint64_t seed) {
    table_init(&users->by_id, seed);
    list_init(&users->idle);
    users->idle_count = 0;
}

void users_finish(struct users *users) {
    struct user *user;
    for (size_t at = 0; (user = table_next(&users->by_id, &at, NULL));)
        free(user);
    table_finish(&users->by_id);
    list_init(&users->idle);
    users->idle_count = 0;
}

struct user *users_find(const struct users *users, user_id id) {
    return table_find(&users->by_id, id.value);
}

uint64_t users_count(const struct users *users, user_id id) {
    const struct user *user = users_find(users, id);
    return user ? user->connections_count : 0;
}

static struct user *create(struct users *users, user_id id) {
    struct user *user = mem_zalloc(sizeof(*user));
    user->id = id;
    list_init(&user->connections);
    table_put(&users->by_id, id.value, user);
    return user;
}

struct user *users_enter(struct users *users, user_id id,
                         struct list *connection) {
    struct user *user = users_find(users, id);
    if (!user) {
        user = create(users, id);
    } else if (list_is_linked(&user->idle)) {
        list_remove(&user->idle);
        users->idle_count--;
    }
    list_append(&user->connections, connection);
    user->connections_count++;
    return user;
}

static void forget(struct users *users, struct user *user) {
    INVARIANT(user->connections_count == 0);
    table_remove(&users->by_id, user->id.value);
    free(user);
}

/* Beyond the bound, the one that left first is forgotten. */
static void remember(struct users *users, struct user *user) {
    list_append(&users->idle, &user->idle);
    if (++users->idle_count <= USERS_IDLE_MAX)
        return;
    struct user *first = LIST_OF(users->idle.next, struct user, idle);
    list_remove(&first->idle);
    users->idle_count--;
    forget(users, first);
}

struct user *users_visit(struct users *users, user_id id) {
    struct user *user = users_find(users, id);
    if (!user) {
        user = create(users, id);
        remember(users, user);
    }
    return user;
}

void users_leave(struct users *users, struct user *user,
                 struct list *connection, uint64_t now_ms) {
    INVARIANT(user->connections_count > 0);
    list_remove(connection);
    if (--user->connections_count > 0)
        return;
    if (rate_is_rested(&user->rate, now_ms)) {
        forget(users, user);
        return;
    }
    remember(users, user);
}
