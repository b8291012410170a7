/* A table of rules, like the check of options. */
#include "gateway/frontend_check.h"

const char *frontend_check(const struct frontend *f) {
    if (f->abi != FRONTEND_ABI)
        return "it was made for another version of frontend.h";
    const struct {
        bool wrong;
        const char *text;
    } rules[] = {
        {!f->name || !f->name[0], "it has no name"},
        {!f->path || f->path[0] != '/', "its path does not begin with /"},
        {f->alias && f->alias[0] != '/', "its alias does not begin with /"},
        {!f->receive, "receive is missing"},
        {!f->reply, "reply is missing"},
        {!f->broadcast, "broadcast is missing"},
        {!f->refuse, "refuse is missing"},
        {f->unread && !f->feed, "unread needs feed"},
        {f->presence && !f->feed, "presence needs feed"},
        {!f->http != !f->http_paths, "http and http_paths need each other"},
        {f->http && (!f->http->request || !f->http->reply),
         "a slot of http is missing"},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].wrong)
            return rules[i].text;
    }
    return NULL;
}
