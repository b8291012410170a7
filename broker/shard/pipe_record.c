/* pipe_record.c - see pipe_record.h. */
#include "broker/shard/pipe_record.h"

#define HEAD_BYTES 13u

void pipe_record_put(struct buf *batch, const struct pipe_record *record) {
    PRE(record->bytes.size <= UINT32_MAX);
    uint32_t size = (uint32_t)record->bytes.size;
    uint32_t list_bytes = record->gateways_count * (uint32_t)sizeof(uint32_t);
    char *at = buf_reserve(batch, HEAD_BYTES + list_bytes + size);
    *at = (char)record->type;
    memcpy(at + 1, &record->number, 4);
    memcpy(at + 5, &record->gateways_count, 4);
    memcpy(at + 9, &size, 4);
    if (list_bytes)
        memcpy(at + HEAD_BYTES, record->gateways, list_bytes);
    if (size)
        memcpy(at + HEAD_BYTES + list_bytes, record->bytes.data, size);
    batch->size += HEAD_BYTES + list_bytes + size;
}

bool pipe_record_next(struct slice *batch, struct pipe_record *out,
                      uint32_t *gateways, uint32_t gateways_max) {
    if (batch->size == 0)
        return false;
    INVARIANT(batch->size >= HEAD_BYTES);
    uint32_t size;
    const char *at = batch->data;
    out->type = (enum pipe_record_type)(unsigned char)*at;
    memcpy(&out->number, at + 1, 4);
    memcpy(&out->gateways_count, at + 5, 4);
    memcpy(&size, at + 9, 4);
    INVARIANT(out->gateways_count <= gateways_max);
    size_t list_bytes = (size_t)out->gateways_count * sizeof(uint32_t);
    INVARIANT(batch->size - HEAD_BYTES >= list_bytes + size);
    if (list_bytes)
        memcpy(gateways, at + HEAD_BYTES, list_bytes);
    out->gateways = gateways;
    out->bytes = (struct slice){at + HEAD_BYTES + list_bytes, size};
    batch->data += HEAD_BYTES + list_bytes + size;
    batch->size -= HEAD_BYTES + list_bytes + size;
    return true;
}
