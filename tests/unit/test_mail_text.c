/* test_mail_text.c - what a mail says, whatever users wrote. */
#include <check.h>
#include <stdlib.h>

#include "persister/mail/mail_text.h"

START_TEST(only_plain_addresses_are_good) {
    static const struct {
        const char *address;
        bool ok;
    } table[] = {
        {"a@b", true},
        {"first.last+tag@mail.example.com", true},
        {"o'brien_x@example-mail.org", true},
        {"", false},
        {"@", false},
        {"a@", false},
        {"@b", false},
        {"a@b@c", false},
        {"a b@c", false},
        {"a@b c", false},
        {".a@b", false},
        {"a.@b", false},
        {"a..b@c", false},
        {"a@b..c", false},
        {"a@.b", false},
        {"a@b.", false},
        {"<a@b>", false},
        {"a@b\r\nRCPT TO:<x@y>", false},
        {"a\n@b", false},
        {"a@b\x7f", false},
        {"\"a b\"@c", false},
        {"a@[127.0.0.1]", false},
        {"j\xc3\xb6rg@example.com", false},
        {"a@ex\xc3\xa4mple.com", false},
        {"a,b@c", false},
        {"a@b,c@d", false},
        {"0123456789012345678901234567890123456789012345678901234567890123@b",
         true},
        {"01234567890123456789012345678901234567890123456789012345678901234@b",
         false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        ck_assert_msg(mail_address_ok(slice_of(table[i].address)) ==
                          table[i].ok,
                      "%s", table[i].address);
    ck_assert(!mail_address_ok((struct slice){"a@b\0c", 5}));
}
END_TEST

struct made {
    struct mail_text text;
};

static void make(struct made *made, const char *first, const char *last,
                 const char *username, const char *text) {
    struct wire_message message = {.message = {129},
                                   .text = slice_of(text),
                                   .created_us = INT64_C(1643788752396000)};
    struct wire_profile author = {.user = {7},
                                  .username = slice_of(username),
                                  .first_name = slice_of(first),
                                  .last_name = slice_of(last)};
    struct wire_profile to = {.user = {8}, .email = SLICE("to@example.com")};
    *made = (struct made){.text = {.to = {0}}};
    mail_text_make(&message, &author, &to, SLICE("chat@example.org"),
                   &made->text);
}

START_TEST(headers_say_who_and_when) {
    struct made made;
    make(&made, "Ma", "Ko", "mako", "hi");
    ck_assert_str_eq(made.text.to.data, "to@example.com");
    ck_assert_str_eq(made.text.subject.data, "Subject: New message from Ma Ko");
    ck_assert_str_eq(made.text.message_id.data,
                     "Message-ID: <message.129@example.org>");
    ck_assert_str_eq(made.text.date.data,
                     "Date: Wed, 02 Feb 2022 07:59:12 +0000");
    mail_text_finish(&made.text);
}
END_TEST

START_TEST(a_name_is_one_line_whatever_it_holds) {
    static const struct {
        const char *first;
        const char *last;
        const char *username;
        const char *subject;
    } table[] = {
        {"", "", "bob", "Subject: New message from bob"},
        {"", "", "", "Subject: New message from user 7"},
        {"Ann", "", "x", "Subject: New message from Ann"},
        {"", "Lee", "x", "Subject: New message from Lee"},
        {"\r\n", "\x01", "x", "Subject: New message from x"},
        {"Bob\r\nBcc: evil@example.com", "", "x",
         "Subject: New message from Bob Bcc: evil@example.com"},
        {"  a\t\n b ", "\x1b[31m", "x", "Subject: New message from a b [31m"},
        {"J\xc3\xb6rg", "", "x",
         "Subject: =?UTF-8?B?TmV3IG1lc3NhZ2UgZnJvbSBKw7ZyZw==?="},
        /* U+2028 and a C1 control are no text; nor is what is no UTF-8. */
        {"a\xe2\x80\xa8"
         "b\xc2\x85"
         "c\xff"
         "d",
         "", "x", "Subject: New message from a b c d"},
        /* What looks encoded is encoded. */
        {"=?UTF-8?Q?x?=", "", "x",
         "Subject: =?UTF-8?B?TmV3IG1lc3NhZ2UgZnJvbSA9P1VURi04P1E/eD89?="},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct made made;
        make(&made, table[i].first, table[i].last, table[i].username, "hi");
        ck_assert_str_eq(made.text.subject.data, table[i].subject);
        mail_text_finish(&made.text);
    }
}
END_TEST

/* Encoded words of whole code points, one a line, none over 75 characters. */
START_TEST(a_long_name_is_cut_and_folded) {
    char name[200 * 3 + 1] = "";
    for (size_t i = 0; i < 200; i++)
        memcpy(name + 3 * i, "\xe2\x82\xac", 4);
    struct made made;
    make(&made, name, "", "x", "hi");
    const char *line = made.text.subject.data + sizeof "Subject: " - 1;
    size_t lines = 0;
    while (line) {
        const char *end = strstr(line, "\r\n");
        size_t size = end ? (size_t)(end - line) : strlen(line);
        ck_assert_uint_le(size, 76);
        ck_assert(memcmp(line + (lines > 0), "=?UTF-8?B?", 10) == 0);
        ck_assert(memcmp(line + size - 2, "?=", 2) == 0);
        lines++;
        line = end ? end + 2 : NULL;
        if (line)
            ck_assert_int_eq(*line, ' ');
    }
    /* 17 letters, 64 signs of 3 bytes and an ellipsis in words of 45 bytes. */
    ck_assert_uint_eq(lines, 5);
    mail_text_finish(&made.text);
}
END_TEST

START_TEST(bodies_are_safe_and_whole) {
    struct made made;
    make(&made, "<b>Bob</b>", "", "x", "one *two*\n<script>three</script>");
    ck_assert_str_eq(made.text.text.data,
                     "<b>Bob</b> wrote:\r\n\r\none *two*\r\n"
                     "<script>three</script>\r\n");
    ck_assert_ptr_nonnull(
        strstr(made.text.html.data, "&lt;b&gt;Bob&lt;/b&gt; wrote:"));
    ck_assert_ptr_nonnull(strstr(made.text.html.data, "<em>two</em>"));
    ck_assert_ptr_null(strstr(made.text.html.data, "<script"));
    mail_text_finish(&made.text);
}
END_TEST

START_TEST(attachments_are_named) {
    struct wire_file file = {.file = {65}, .name = SLICE("a\r\n<i>.png")};
    struct wire_message message = {.message = {129},
                                   .text = SLICE("see"),
                                   .files = &file,
                                   .files_count = 1};
    struct wire_profile author = {.user = {7}, .username = SLICE("bob")};
    struct wire_profile to = {.user = {8}, .email = SLICE("to@example.com")};
    struct mail_text text = {.to = {0}};
    mail_text_make(&message, &author, &to, SLICE("a@b"), &text);
    ck_assert_ptr_nonnull(strstr(text.text.data, "Attached: a <i>.png\r\n"));
    ck_assert_ptr_nonnull(
        strstr(text.html.data, "Attached: a &lt;i&gt;.png</p>"));
    mail_text_finish(&text);
}
END_TEST

START_TEST(waiting_grows_up_to_an_hour) {
    ck_assert_int_eq(mail_backoff_us(1), 2 * INT64_C(1000000));
    ck_assert_int_eq(mail_backoff_us(2), 4 * INT64_C(1000000));
    ck_assert_int_eq(mail_backoff_us(11), 2048 * INT64_C(1000000));
    ck_assert_int_eq(mail_backoff_us(12), 3600 * INT64_C(1000000));
    ck_assert_int_eq(mail_backoff_us(UINT32_MAX), 3600 * INT64_C(1000000));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mail_text");
    TCase *tests = tcase_create("mail_text");
    tcase_add_test(tests, only_plain_addresses_are_good);
    tcase_add_test(tests, headers_say_who_and_when);
    tcase_add_test(tests, a_name_is_one_line_whatever_it_holds);
    tcase_add_test(tests, a_long_name_is_cut_and_folded);
    tcase_add_test(tests, bodies_are_safe_and_whole);
    tcase_add_test(tests, attachments_are_named);
    tcase_add_test(tests, waiting_grows_up_to_an_hour);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
