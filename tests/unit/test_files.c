/* test_files.c - multipart bodies in pieces of any size, names, types and
 * ranges. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/files/disposition.h"
#include "gateway/files/file_name.h"
#include "gateway/files/file_type.h"
#include "gateway/files/multipart.h"
#include "gateway/files/range.h"

#define TYPE SLICE("multipart/form-data; boundary=B")
#define FILE_PART(content)                                                     \
    "--B\r\nContent-Disposition: form-data; name=\"file\"; "                   \
    "filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n" content "\r\n"
#define NOTE_PART                                                              \
    "--B\r\ncontent-disposition:form-data;name=note\r\n\r\nhello\r\n"
#define END "--B--\r\n"

/* Reads |body| in pieces of |step| bytes. */
static enum multipart_result read_body(struct slice body, size_t step,
                                       struct buf *file, struct buf *name) {
    struct multipart multipart;
    const char *why = NULL;
    ck_assert_msg(multipart_init(&multipart, TYPE, &why), "%s", why);
    enum multipart_result result = MULTIPART_OK;
    while (body.size && result == MULTIPART_OK) {
        size_t size = body.size < step ? body.size : step;
        result =
            multipart_take(&multipart, (struct slice){body.data, size}, file);
        ck_assert_uint_le(multipart.held.size,
                          MULTIPART_HEADER_BYTES_MAX + size + 80);
        body.data += size;
        body.size -= size;
    }
    if (result == MULTIPART_OK)
        result = multipart_end(&multipart);
    buf_append_slice(name, multipart_name(&multipart));
    multipart_finish(&multipart);
    return result;
}

static const struct {
    struct slice body;
    enum multipart_result result;
    struct slice file;
} bodies[] = {
    {SLICE(FILE_PART("hello") END), MULTIPART_OK, SLICE("hello")},
    {SLICE(FILE_PART("") END), MULTIPART_OK, SLICE("")},
    {SLICE(FILE_PART("\r\n--\r\n--C\r\n-") END), MULTIPART_OK,
     SLICE("\r\n--\r\n--C\r\n-")},
    {SLICE(FILE_PART("a\0b\r") END), MULTIPART_OK, SLICE("a\0b\r")},
    {SLICE("preamble\r\n" NOTE_PART FILE_PART("x") NOTE_PART END "epilogue"),
     MULTIPART_OK, SLICE("x")},
    {SLICE("--B  \r\nContent-Disposition: form-data; name=\"file\"; "
           "filename=\"a.png\"\r\n\r\nx\r\n--B-- "),
     MULTIPART_OK, SLICE("x")},
    {SLICE(""), MULTIPART_MALFORMED, SLICE("")},
    {SLICE("hello"), MULTIPART_MALFORMED, SLICE("")},
    {SLICE("--B"), MULTIPART_MALFORMED, SLICE("")},
    {SLICE("--Bx\r\n"), MULTIPART_MALFORMED, SLICE("")},
    {SLICE(END), MULTIPART_NO_FILE, SLICE("")},
    {SLICE(NOTE_PART END), MULTIPART_NO_FILE, SLICE("")},
    {SLICE(FILE_PART("x")), MULTIPART_ENDS_EARLY, SLICE("x")},
    {SLICE(FILE_PART("x") "--B"), MULTIPART_ENDS_EARLY, SLICE("x")},
    {SLICE(FILE_PART("x") "--B-"), MULTIPART_ENDS_EARLY, SLICE("x")},
    {SLICE(FILE_PART("x") FILE_PART("y") END), MULTIPART_TWO_FILES, SLICE("x")},
    {SLICE("--B\r\nContent-Disposition: form-data; "
           "name=\"file\"\r\n\r\nx\r\n" END),
     MULTIPART_NO_NAME, SLICE("")},
    {SLICE("--B\r\nContent-Disposition: form-data; name=\"file\"; "
           "filename=\"\"\r\n\r\nx\r\n" END),
     MULTIPART_NO_NAME, SLICE("")},
    {SLICE("--B\r\nContent-Disposition: form-data; name=\"fil\"; "
           "filename=\"a\"\r\n\r\nx\r\n" END),
     MULTIPART_NO_FILE, SLICE("")},
    {SLICE("--B\r\nContent-Type: text/plain\r\n\r\nx\r\n" END),
     MULTIPART_MALFORMED, SLICE("")},
    {SLICE("--B\r\nContent-Disposition: form-data; name=\"file\r\n\r\nx" END),
     MULTIPART_MALFORMED, SLICE("")},
    {SLICE(
         "--B\r\nContent-Disposition: form-data; name=\"file\" x\r\n\r\n" END),
     MULTIPART_MALFORMED, SLICE("")},
    {SLICE("--B\r\nContent-Disposition: attachment; name=\"file\"\r\n\r\n" END),
     MULTIPART_MALFORMED, SLICE("")},
    {SLICE("--B\r\nno colon\r\n\r\nx\r\n" END), MULTIPART_MALFORMED, SLICE("")},
};

#define BODIES ((int)(sizeof(bodies) / sizeof(*bodies)))

START_TEST(bodies_are_read_in_any_pieces) {
    for (size_t step = 1; step < 200; step += step < 20 ? 1 : 37) {
        struct buf file = {0}, name = {0};
        enum multipart_result result =
            read_body(bodies[_i].body, step, &file, &name);
        ck_assert_int_eq(result, bodies[_i].result);
        if (result == MULTIPART_OK) {
            ck_assert(slice_equal(buf_slice(&file), bodies[_i].file));
            ck_assert(slice_equal(buf_slice(&name), SLICE("a.png")));
        } else {
            ck_assert_ptr_nonnull(multipart_field(result));
            ck_assert_ptr_nonnull(multipart_text(result));
        }
        buf_finish(&file);
        buf_finish(&name);
    }
}
END_TEST

START_TEST(what_stands_beside_the_file_is_bounded) {
    struct buf body = {0}, file = {0}, name = {0};
    for (unsigned i = 0; i <= MULTIPART_PARTS_MAX; i++)
        buf_append_slice(&body, SLICE(NOTE_PART));
    ck_assert_int_eq(read_body(buf_slice(&body), 100, &file, &name),
                     MULTIPART_TOO_MUCH);
    buf_clear(&body);
    buf_append_slice(&body, SLICE("--B\r\nX: "));
    for (unsigned i = 0; i < MULTIPART_HEADER_BYTES_MAX; i++)
        buf_append(&body, "x", 1);
    ck_assert_int_eq(read_body(buf_slice(&body), 100, &file, &name),
                     MULTIPART_TOO_MUCH);
    buf_clear(&body);
    for (unsigned i = 0; i < MULTIPART_EXTRA_BYTES_MAX + 100; i++)
        buf_append(&body, "x", 1);
    ck_assert_int_eq(read_body(buf_slice(&body), 1000, &file, &name),
                     MULTIPART_TOO_MUCH);
    buf_finish(&body);
    buf_finish(&file);
    buf_finish(&name);
}
END_TEST

START_TEST(boundaries_are_checked) {
    static const struct {
        const char *type;
        bool good;
    } cases[] = {
        {"multipart/form-data; boundary=B", true},
        {"Multipart/Form-Data;charset=x; Boundary=\"a b\"", true},
        {"multipart/form-data; boundary=----WebKitFormBoundaryAbC123", true},
        {"multipart/form-data", false},
        {"multipart/form-data; boundary", false},
        {"multipart/form-data; boundary=", false},
        {"multipart/form-data; boundary=\"a", false},
        {"multipart/form-data; boundary=\"a \"", false},
        {"multipart/form-data; boundary=a\"b", false},
        {"multipart/form-data; boundary=\xd0\x96", false},
        {"multipart/form-datax; boundary=B", false},
        {"multipart/mixed; boundary=B", false},
        {"application/json", false},
        {"", false},
        {"multipart/form-data; boundary=0123456789012345678901234567890123456"
         "789012345678901234567890123456789",
         true},
        {"multipart/form-data; boundary=0123456789012345678901234567890123456"
         "7890123456789012345678901234567890",
         false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct multipart multipart;
        const char *why = NULL;
        bool good = multipart_init(&multipart, slice_of(cases[i].type), &why);
        ck_assert_msg(good == cases[i].good, "%s", cases[i].type);
        ck_assert(good || why);
        if (good)
            multipart_finish(&multipart);
    }
}
END_TEST

START_TEST(dispositions_are_read) {
    static const struct {
        const char *value;
        const char *filename;
    } cases[] = {
        {"filename=plain.txt", "plain.txt"},
        {"filename=\"a; b=c.txt\"", "a; b=c.txt"},
        {"filename=\"a\\\"b\\\\c\"", "a\"b\\c"},
        {"filename=\"C:\\dir\\a.txt\"", "C:\\dir\\a.txt"},
        {"filename=\"a%22b\"", "a%22b"},
        {"filename=\"x\"; filename*=UTF-8''%D0%96%20.png", "\xd0\x96 .png"},
        {"filename*=utf-8'ru'a%2Fb", "a/b"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[256];
        struct disposition disposition;
        snprintf(text, sizeof(text),
                 "Content-Disposition: form-data; name=\"file\"; %s\r\n",
                 cases[i].value);
        ck_assert_msg(disposition_read(slice_of(text), &disposition), "%s",
                      text);
        ck_assert_msg(slice_equal(buf_slice(&disposition.filename),
                                  slice_of(cases[i].filename)),
                      "%s", text);
        disposition_finish(&disposition);
    }
    static const char *const bad[] = {
        "filename*=latin1''a", "filename*=UTF-8'a", "filename*=UTF-8''%2",
        "filename*=UTF-8''%zz", "filename=\"a"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        char text[256];
        struct disposition disposition;
        snprintf(text, sizeof(text),
                 "Content-Disposition: form-data; name=\"file\"; %s\r\n",
                 bad[i]);
        ck_assert_msg(!disposition_read(slice_of(text), &disposition), "%s",
                      text);
        disposition_finish(&disposition);
    }
}
END_TEST

START_TEST(names_are_cleaned) {
    static const struct {
        struct slice given;
        const char *name; /* NULL: refused. */
    } cases[] = {
        {SLICE("a.png"), "a.png"},
        {SLICE("/etc/passwd"), "passwd"},
        {SLICE("..\\..\\a b.txt"), "a b.txt"},
        {SLICE("a\r\nSet-Cookie: x"), "aSet-Cookie: x"},
        {SLICE("a\0b"), "ab"},
        {SLICE("\"'<>&;%"), "\"'<>&;%"},
        {SLICE("\xd0\x96\xf0\x9f\x98\x80.png"), "\xd0\x96\xf0\x9f\x98\x80.png"},
        {SLICE("\xff.png"), "\xef\xbf\xbd.png"},
        {SLICE("\xe2\x80\xaegpj.exe"), "gpj.exe"},
        {SLICE("..."), "..."},
        {SLICE(""), NULL},
        {SLICE("."), NULL},
        {SLICE("dir/.."), NULL},
        {SLICE("dir/"), NULL},
        {SLICE("\x01\x7f\xc2\x85"), NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct buf out = {0};
        bool good = file_name_clean(cases[i].given, &out);
        ck_assert_int_eq(good, cases[i].name != NULL);
        ck_assert_msg(!good ||
                          slice_equal(buf_slice(&out), slice_of(cases[i].name)),
                      "%.*s", (int)out.size, out.data);
        buf_finish(&out);
    }
}
END_TEST

/* Of each length around the bound, with and without an ending. */
START_TEST(long_names_are_cut) {
    for (size_t points = 100; points < 200; points++) {
        struct buf given = {0}, out = {0};
        for (size_t i = 0; i < points; i++)
            buf_append(&given, "\xd0\x96", 2);
        buf_append_slice(&given, SLICE(".jpeg"));
        ck_assert(file_name_clean(buf_slice(&given), &out));
        ck_assert_uint_le(out.size, LIMIT_FILE_NAME_BYTES);
        ck_assert_uint_ge(out.size, given.size < 255 ? given.size : 254);
        ck_assert_mem_eq(out.data + out.size - 5, ".jpeg", 5);
        ck_assert_uint_eq(out.size % 2, 1); /* No half of a letter. */
        buf_finish(&given);
        buf_finish(&out);
    }
}
END_TEST

START_TEST(dispositions_are_written) {
    struct buf out = {0};
    file_name_disposition("attachment", SLICE("a \"\\%\xd0\x96;.txt"), &out);
    ck_assert(slice_equal(
        buf_slice(&out), SLICE("attachment; filename=\"a ____;.txt\"; "
                               "filename*=UTF-8''a%20%22%5C%25%D0%96%3B.txt")));
    buf_finish(&out);
}
END_TEST

START_TEST(types_are_told_by_content) {
    static const struct {
        struct slice bytes;
        const char *mime;
    } cases[] = {
        {SLICE("\x89PNG\r\n\x1a\nrest"), "image/png"},
        {SLICE("\xff\xd8\xff\xe0"), "image/jpeg"},
        {SLICE("GIF87a"), "image/gif"},
        {SLICE("GIF89a.."), "image/gif"},
        {SLICE("RIFF\1\2\3\4WEBPVP8 "), "image/webp"},
        {SLICE("\0\0\0\x18"
               "ftypavif\0\0\0\0mif1miaf"),
         "image/avif"},
        {SLICE("\0\0\0\x18"
               "ftypmif1\0\0\0\0mif1avif"),
         "image/avif"},
        {SLICE("\0\0\0\x18"
               "ftypisom\0\0\0\0avixmp42"),
         "application/octet-stream"},
        {SLICE("\0\0\0\x18"
               "ftypisomavifisommp42"),
         "application/octet-stream"},
        {SLICE("GIF88a"), "text/plain; charset=utf-8"},
        {SLICE("<svg onload=alert(1)>"), "text/plain; charset=utf-8"},
        {SLICE("hello\r\n\tworld\f"), "text/plain; charset=utf-8"},
        {SLICE("\xd0\x96\xf0\x9f\x98\x80"), "text/plain; charset=utf-8"},
        {SLICE("\xd0"), "application/octet-stream"},
        {SLICE("a\xff"), "application/octet-stream"},
        {SLICE("\xed\xa0\x80"), "application/octet-stream"},
        {SLICE("a\0b"), "application/octet-stream"},
        {SLICE("a\x1b[0m"), "application/octet-stream"},
        {SLICE(""), "application/octet-stream"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (size_t step = 1; step < 8; step += 3) {
            struct file_type type = {.head_size = 0};
            struct slice rest = cases[i].bytes;
            while (rest.size) {
                size_t size = rest.size < step ? rest.size : step;
                file_type_take(&type, (struct slice){rest.data, size});
                rest.data += size;
                rest.size -= size;
            }
            struct slice mime = file_type_end(&type);
            ck_assert_msg(slice_equal(mime, slice_of(cases[i].mime)), "%zu: %s",
                          i, mime.data);
            ck_assert_int_eq(file_type_is_picture(mime), i < 7);
        }
    }
}
END_TEST

START_TEST(ranges_are_read) {
    static const struct {
        const char *header;
        uint64_t size;
        enum range_verdict verdict;
        uint64_t first;
        uint64_t end;
    } cases[] = {
        {"bytes=0-0", 10, RANGE_PART, 0, 1},
        {"bytes=2-5", 10, RANGE_PART, 2, 6},
        {"Bytes=9-", 10, RANGE_PART, 9, 10},
        {"bytes=5-99999999999999999999999", 10, RANGE_PART, 5, 10},
        {"bytes=-3", 10, RANGE_PART, 7, 10},
        {"bytes=-30", 10, RANGE_PART, 0, 10},
        {"bytes=10-", 10, RANGE_NONE, 0, 10},
        {"bytes=99999999999999999999999-", 10, RANGE_NONE, 0, 10},
        {"bytes=-0", 10, RANGE_NONE, 0, 10},
        {"bytes=0-", 0, RANGE_NONE, 0, 0},
        {"bytes=-1", 0, RANGE_NONE, 0, 0},
        {"bytes=5-2", 10, RANGE_WHOLE, 0, 10},
        {"bytes=0-1,3-4", 10, RANGE_WHOLE, 0, 10},
        {"bytes=", 10, RANGE_WHOLE, 0, 10},
        {"bytes=-", 10, RANGE_WHOLE, 0, 10},
        {"bytes=a-b", 10, RANGE_WHOLE, 0, 10},
        {"lines=0-1", 10, RANGE_WHOLE, 0, 10},
        {"", 10, RANGE_WHOLE, 0, 10},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint64_t first, end;
        enum range_verdict verdict =
            range_read(slice_of(cases[i].header), cases[i].size, &first, &end);
        ck_assert_msg(verdict == cases[i].verdict, "%s", cases[i].header);
        ck_assert_uint_eq(first, cases[i].first);
        ck_assert_uint_eq(end, cases[i].end);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("files");
    TCase *tests = tcase_create("files");
    tcase_add_loop_test(tests, bodies_are_read_in_any_pieces, 0, BODIES);
    tcase_add_test(tests, what_stands_beside_the_file_is_bounded);
    tcase_add_test(tests, boundaries_are_checked);
    tcase_add_test(tests, dispositions_are_read);
    tcase_add_test(tests, names_are_cleaned);
    tcase_add_test(tests, long_names_are_cut);
    tcase_add_test(tests, dispositions_are_written);
    tcase_add_test(tests, types_are_told_by_content);
    tcase_add_test(tests, ranges_are_read);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
