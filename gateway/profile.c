/* The struct and its texts, one after the other. */
#include "gateway/profile.h"

static struct slice move(char **at, struct slice text) {
    if (text.size == 0)
        return (struct slice){0};
    memcpy(*at, text.data, text.size);
    struct slice copy = {*at, text.size};
    *at += text.size;
    return copy;
}

struct wire_profile *profile_copy(const struct wire_profile *profile) {
    const struct wire_profile *p = profile;
    size_t size = p->username.size + p->email.size + p->first_name.size +
                  p->last_name.size + p->github_url.size + p->avatar.size +
                  p->thumbnail_avatar.size;
    struct wire_profile *copy = mem_alloc(sizeof(*copy) + size);
    char *at = (char *)(copy + 1);
    *copy = *profile;
    copy->username = move(&at, p->username);
    copy->email = move(&at, p->email);
    copy->first_name = move(&at, p->first_name);
    copy->last_name = move(&at, p->last_name);
    copy->github_url = move(&at, p->github_url);
    copy->avatar = move(&at, p->avatar);
    copy->thumbnail_avatar = move(&at, p->thumbnail_avatar);
    return copy;
}
