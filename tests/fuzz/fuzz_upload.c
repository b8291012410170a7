/* fuzz_upload.c - the body of an upload, as it comes from anybody. The first
 * byte is the size of the pieces. Read in pieces or at once it must come to the
 * same; what is taken has a name that is fit to be shown and a type. */
#include <stdint.h>
#include <string.h>

#include "common/utf8.h"
#include "gateway/files/file_name.h"
#include "gateway/files/file_type.h"
#include "gateway/files/multipart.h"
#include "gateway/files/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum multipart_result result;
    struct buf file;
    struct buf name;
};

static void read_body(struct slice body, size_t step, struct outcome *out) {
    struct multipart multipart;
    const char *why;
    struct slice type = SLICE("multipart/form-data; boundary=B");
    bool good = multipart_init(&multipart, type, &why);
    INVARIANT(good);
    out->result = MULTIPART_OK;
    while (body.size && out->result == MULTIPART_OK) {
        size_t size = body.size < step ? body.size : step;
        struct slice piece = {body.data, size};
        out->result = multipart_take(&multipart, piece, &out->file);
        INVARIANT(multipart.held.size <= MULTIPART_HEADER_BYTES_MAX + step);
        body.data += size;
        body.size -= size;
    }
    if (out->result == MULTIPART_OK)
        out->result = multipart_end(&multipart);
    buf_append_slice(&out->name, multipart_name(&multipart));
    multipart_finish(&multipart);
}

static void check_name(struct slice given) {
    struct buf name = {0}, again = {0}, header = {0};
    if (file_name_clean(given, &name)) {
        INVARIANT(name.size > 0 && name.size <= LIMIT_FILE_NAME_BYTES);
        INVARIANT(!memchr(name.data, '/', name.size));
        bool good = file_name_clean(buf_slice(&name), &again);
        INVARIANT(good && slice_equal(buf_slice(&name), buf_slice(&again)));
        file_name_disposition("attachment", buf_slice(&name), &header);
        for (size_t i = 0; i < header.size; i++)
            INVARIANT(header.data[i] >= 0x20 && header.data[i] < 0x7f);
    }
    buf_finish(&name);
    buf_finish(&again);
    buf_finish(&header);
}

static void finish(struct outcome *outcome) {
    buf_finish(&outcome->file);
    buf_finish(&outcome->name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct slice body = {(const char *)data + 1, size - 1};
    struct outcome whole = {0}, pieces = {0};
    struct file_type type = {.head_size = 0};
    uint64_t first, end;
    read_body(body, size, &whole);
    read_body(body, 1 + data[0] % 64u, &pieces);
    if (whole.result == MULTIPART_OK) {
        INVARIANT(pieces.result == MULTIPART_OK);
        INVARIANT(slice_equal(buf_slice(&whole.file), buf_slice(&pieces.file)));
        INVARIANT(slice_equal(buf_slice(&whole.name), buf_slice(&pieces.name)));
        check_name(buf_slice(&whole.name));
    }
    check_name(body);
    file_type_take(&type, body);
    INVARIANT(file_type_end(&type).size > 0);
    if (range_read(body, 1000, &first, &end) == RANGE_PART)
        INVARIANT(first < end && end <= 1000);
    finish(&whole);
    finish(&pieces);
    return 0;
}
