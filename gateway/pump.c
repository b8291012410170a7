/* A singly linked list: a request is allocated once and freed once. */
#include "gateway/pump.h"

#include <stdlib.h>

#include "common/buf.h"
#include "common/err.h"

struct pump_request {
    struct pump_request *next;
    uint32_t size;
    bool throttled;
    char text[];
};

void pump_finish(struct pump *pump) {
    while (pump->first)
        pump_drop(pump);
}

void pump_put(struct pump *pump, struct slice text, bool throttled) {
    PRE(text.size <= UINT32_MAX);
    struct pump_request *request = mem_alloc(sizeof(*request) + text.size);
    request->next = NULL;
    request->size = (uint32_t)text.size;
    request->throttled = throttled;
    if (text.size)
        memcpy(request->text, text.data, text.size);
    if (pump->last)
        pump->last->next = request;
    else
        pump->first = request;
    pump->last = request;
    pump->count++;
    pump->bytes += request->size;
}

bool pump_peek(const struct pump *pump, struct slice *text, bool *throttled) {
    const struct pump_request *request = pump->first;
    if (!request)
        return false;
    *text = (struct slice){request->text, request->size};
    *throttled = request->throttled;
    return true;
}

void pump_drop(struct pump *pump) {
    struct pump_request *request = pump->first;
    PRE(request != NULL);
    pump->first = request->next;
    if (!pump->first)
        pump->last = NULL;
    pump->count--;
    pump->bytes -= request->size;
    free(request);
}
