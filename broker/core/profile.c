/* profile.c - see profile.h. */
#include "broker/core/profile.h"

#include <stdlib.h>

struct slice *profile_text(struct wire_profile *profile, uint32_t index) {
    struct slice *const texts[PROFILE_TEXTS] = {
        &profile->username,        &profile->email,      &profile->first_name,
        &profile->last_name,       &profile->github_url, &profile->avatar,
        &profile->thumbnail_avatar};
    PRE(index < PROFILE_TEXTS);
    return texts[index];
}

struct slice profile_text_of(const struct wire_profile *profile,
                             uint32_t index) {
    struct wire_profile copy = *profile;
    return *profile_text(&copy, index);
}

void profile_set(struct profile *profile, const struct wire_profile *value) {
    size_t size = 0;
    for (uint32_t i = 0; i < PROFILE_TEXTS; i++)
        size += profile_text_of(value, i).size;
    char *texts = mem_alloc(size);
    char *at = texts;
    struct wire_profile copy = *value;
    for (uint32_t i = 0; i < PROFILE_TEXTS; i++) {
        struct slice *text = profile_text(&copy, i);
        if (text->size)
            memcpy(at, text->data, text->size);
        text->data = at;
        at += text->size;
    }
    free(profile->texts);
    profile->value = copy;
    profile->texts = texts;
}

void profile_finish(struct profile *profile) {
    free(profile->texts);
    *profile = (struct profile){0};
}

bool profile_equal(const struct wire_profile *a, const struct wire_profile *b) {
    for (uint32_t i = 0; i < PROFILE_TEXTS; i++)
        if (!slice_equal(profile_text_of(a, i), profile_text_of(b, i)))
            return false;
    return a->user.value == b->user.value &&
           a->email_notifications == b->email_notifications &&
           a->email_confirmed == b->email_confirmed &&
           a->from_directory == b->from_directory;
}

struct wire_profile profile_with_claims(const struct wire_profile *old,
                                        const struct wire_profile *claims) {
    struct wire_profile merged = *old;
    merged.user = claims->user;
    for (uint32_t i = 0; i < PROFILE_TEXTS; i++) {
        struct slice text = profile_text_of(claims, i);
        if (text.size)
            *profile_text(&merged, i) = text;
    }
    merged.email_notifications = false;
    merged.email_confirmed = old->email_confirmed || claims->email_confirmed;
    merged.from_directory = false;
    return merged;
}

bool profile_is_empty(const struct wire_profile *profile) {
    for (uint32_t i = 0; i < PROFILE_TEXTS; i++)
        if (profile_text_of(profile, i).size)
            return false;
    return !profile->email_notifications && !profile->email_confirmed &&
           !profile->from_directory;
}
