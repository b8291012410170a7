/* frontends.c - the register of dialects: one line each. */
#include "gateway/frontend.h"

static const struct frontend *const frontends[] = {
    &frontend_messenger,
    &frontend_chats,
    &frontend_dialogs,
    NULL,
};

const struct frontend *const *frontends_all(void) {
    return frontends;
}
