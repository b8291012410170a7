/* test_dialect_paths.c - which dialect a gateway has at which path. */
#include <check.h>

#include "gateway/gateway.h"

static struct gateway gateway;

/* NULL: none. */
static const struct frontend *dialect_at(const char *path) {
    uint32_t dialect;
    gateway.config.frontends = frontends_all();
    return gateway_dialect(&gateway, slice_of(path), &dialect)
               ? frontends_all()[dialect]
               : NULL;
}

START_TEST(dialects_are_found_by_their_path) {
    ck_assert_ptr_eq(dialect_at("/messenger/chat/"), &frontend_messenger);
    ck_assert_ptr_eq(dialect_at("/messenger/chat"), &frontend_messenger);
    ck_assert_ptr_null(dialect_at("/messenger/chat//"));
    ck_assert_ptr_null(dialect_at("/messenger/"));
    ck_assert_ptr_null(dialect_at("/"));
    ck_assert_ptr_null(dialect_at(""));
    ck_assert_ptr_eq(dialect_at("/ws/chats/"), &frontend_chats);
    ck_assert_ptr_eq(dialect_at("/ws/chats"), &frontend_chats);
}
END_TEST

/* "/ws/" is the beginning of other dialects' paths. */
START_TEST(only_the_paths_of_dialogs_are_theirs) {
    static const char *const own[] = {"/ws", "/ws/", "/ws/token", "/ws/token/"};
    static const char *const others[] = {
        "/",           "",           "/w",        "/wss",      "/ws//",
        "/ws/x",       "/ws/chats/", "/ws/chats", "/ws/chat/", "/ws/tokens",
        "/ws/token//", "/WS/",       "ws/"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        ck_assert_ptr_eq(dialect_at(own[i]), &frontend_dialogs);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_ptr_ne(dialect_at(others[i]), &frontend_dialogs);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("dialect_paths");
    TCase *tcase = tcase_create("paths");
    tcase_add_test(tcase, dialects_are_found_by_their_path);
    tcase_add_test(tcase, only_the_paths_of_dialogs_are_theirs);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
