/* list.h - doubly linked lists whose links live in the things listed, so that
 * a thing that goes away leaves all its lists at once and without a search.
 * Pure. */
#ifndef GATEWAY_LIST_H
#define GATEWAY_LIST_H

#include "common/types.h"

/* Both the list's head, after list_init, and a link. A zeroed link is in no
 * list. */
struct list {
    struct list *next;
    struct list *previous;
};

/* The thing of which |link_| is the member |member_|. */
#define LIST_OF(link_, type_, member_)                                         \
    ((type_ *)(void *)((char *)(link_)-offsetof(type_, member_)))

static inline void list_init(struct list *head) {
    head->next = head->previous = head;
}

static inline bool list_is_empty(const struct list *head) {
    return head->next == head;
}

static inline bool list_is_linked(const struct list *link) {
    return link->next != NULL;
}

/* |link| is in no list. */
static inline void list_append(struct list *head, struct list *link) {
    link->next = head;
    link->previous = head->previous;
    head->previous->next = link;
    head->previous = link;
}

/* Accepts a link that is in no list. */
static inline void list_remove(struct list *link) {
    if (!link->next)
        return;
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->next = link->previous = NULL;
}

/* Moves all links of |from| to the end of |to|. */
static inline void list_splice(struct list *to, struct list *from) {
    if (list_is_empty(from))
        return;
    from->next->previous = to->previous;
    from->previous->next = to;
    to->previous->next = from->next;
    to->previous = from->previous;
    list_init(from);
}

#endif
