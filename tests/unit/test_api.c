/* test_api.c - runs the scripts of tests/dialects/api, which are lines of
 * tests/lib/call_script.h: requests, and "reply WIRE" for the broker's reply to
 * the latest command. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/api/api.h"
#include "gateway/frontend.h"
#include "tests/lib/call_script.h"
#include "tests/lib/golden.h"

/* Every second user is online. */
static bool is_online(const void *presence, user_id user) {
    return presence && user.value % 2 == 1;
}

static const struct frontend_config config = {.is_online = is_online,
                                              .presence = &config};

static void step(void *payload, struct slice line, struct buf *out) {
    struct slice verb = SLICE("reply ");
    if (line.size > verb.size && memcmp(line.data, verb.data, verb.size) == 0)
        call_script_reply(
            payload,
            (struct slice){line.data + verb.size, line.size - verb.size}, out);
    else
        call_script_request(payload, line, out);
}

static const char *const scripts[] = {
    "bodies",  "members", "messages", "presence",
    "reviews", "rooms",   "routes",   "users",
};

START_TEST(scripts_give_what_they_say) {
    char path[512];
    struct call_script script = {.handler = &api_server, .config = &config};
    snprintf(path, sizeof path, "%s/%s.txt", API_SCRIPTS, scripts[_i]);
    bool well = golden_run(path, step, &script);
    call_script_finish(&script);
    ck_assert_msg(well, "%s", path);
}
END_TEST

/* A script that nobody runs proves nothing. */
START_TEST(every_script_is_listed) {
    DIR *directory = opendir(API_SCRIPTS);
    ck_assert_ptr_nonnull(directory);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        count += strstr(entry->d_name, ".txt") != NULL;
    closedir(directory);
    ck_assert_uint_eq(count, sizeof scripts / sizeof *scripts);
}
END_TEST

/* The status of a request without a body, and its Allow. */
static unsigned status_of(const char *method, const char *path,
                          const char **allow) {
    struct arena arena = {0};
    struct call_next next = {.arena = &arena};
    struct call_request request = {.method = slice_of(method),
                                   .path = slice_of(path)};
    api_server.request(&request, &next);
    unsigned status = next.ask ? 0 : next.status;
    *allow = next.allow;
    buf_finish(&next.memo);
    buf_finish(&next.body);
    arena_finish(&arena);
    return status;
}

/* Allow names just the methods that are not answered with 405. */
START_TEST(allow_tells_the_truth) {
    static const char *const methods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    static const char *const paths[] = {"/api/users/7",
                                        "/api/users/7/presence",
                                        "/api/users/7/disconnect",
                                        "/api/rooms",
                                        "/api/rooms/65",
                                        "/api/rooms/65/presence",
                                        "/api/rooms/65/members/7",
                                        "/api/rooms/65/messages",
                                        "/api/order-reviews/o-1"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *allow, *of_trace;
        ck_assert_uint_eq(status_of("TRACE", paths[i], &of_trace), 405);
        for (size_t j = 0; j < sizeof methods / sizeof *methods; j++) {
            bool refused = status_of(methods[j], paths[i], &allow) == 405;
            ck_assert_msg(refused == !strstr(of_trace, methods[j]), "%s %s",
                          methods[j], paths[i]);
        }
    }
}
END_TEST

/* Scripts are text; what is not has its place here. */
START_TEST(bytes_that_are_not_utf8_are_refused) {
    static const char *const bodies[] = {
        "{\"username\":\"\xff\"}",
        "{\"username\":\"\xc0\xaf\"}",
        "{\"username\":\"\xed\xa0\x80\"}",
        "{\"username\":\"\xf4\x90\x80\x80\"}",
        "{\"username\":\"\xd0\"}",
        "{\"\xff\":1}",
        "\xef\xbb\xbf{}",
        "\xff",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct arena arena = {0};
        struct call_next next = {.arena = &arena};
        struct call_request request = {.method = SLICE("PUT"),
                                       .path = SLICE("/api/users/7"),
                                       .body = slice_of(bodies[i])};
        api_server.request(&request, &next);
        ck_assert(!next.ask);
        ck_assert_uint_eq(next.status, 400);
        bool names_the_field =
            memmem(next.body.data, next.body.size, "\"username\"", 10) != NULL;
        ck_assert_int_eq(names_the_field, i < 5);
        buf_finish(&next.body);
        arena_finish(&arena);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("api");
    TCase *tests = tcase_create("api");
    tcase_add_loop_test(tests, scripts_give_what_they_say, 0,
                        (int)(sizeof scripts / sizeof *scripts));
    tcase_add_test(tests, every_script_is_listed);
    tcase_add_test(tests, allow_tells_the_truth);
    tcase_add_test(tests, bytes_that_are_not_utf8_are_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
