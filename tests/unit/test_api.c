/* test_api.c - runs the scripts of tests/dialects/api: what a request of the
 * server API becomes, and what the broker's words become for the application.
 *
 *   METHOD /path[?query] [BODY]   a request; BODY is the rest of the line
 *   reply WIRE                    the broker's reply to the latest command
 *
 * What comes out: "command ...", or the status, perhaps the header Allow, and
 * the body. Every body must be JSON, or it is shown as broken. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/api/api.h"
#include "gateway/frontend.h"
#include "gateway/json/scan.h"
#include "tests/lib/golden.h"
#include "tests/lib/wire_parse.h"

/* Every second user is online. */
static bool is_online(const void *presence, user_id user) {
    return presence && user.value % 2 == 1;
}

static const struct frontend_config config = {.is_online = is_online,
                                              .presence = &config};

struct world {
    struct buf memo; /* Of the latest command. */
    bool asked;
    unsigned steps;
};

static void put(struct buf *out, const char *text) {
    buf_append(out, text, strlen(text));
}

/* Also that a command can be sent, and comes through as it is. */
static void show_command(const struct wire *command, struct buf *out) {
    struct buf line = {0}, again = {0}, encoded = {0};
    struct arena arena = {0};
    struct wire decoded;
    wire_print(command, &line);
    wire_encode(command, &encoded);
    if (wire_decode(buf_slice(&encoded), &arena, &decoded, NULL) == ERR_OK)
        wire_print(&decoded, &again);
    put(out, "command ");
    buf_append_slice(out, buf_slice(&line));
    put(out, "\n");
    if (!slice_equal(buf_slice(&line), buf_slice(&again)))
        put(out, "BROKEN, it does not come through\n");
    arena_finish(&arena);
    buf_finish(&line);
    buf_finish(&again);
    buf_finish(&encoded);
}

static void show_answer(const struct call_next *next, struct buf *out) {
    char status[32];
    snprintf(status, sizeof status, "%u", next->status);
    put(out, status);
    if (next->allow) {
        put(out, " allow=");
        put(out, next->allow);
    }
    if (next->body.size) {
        put(out, " ");
        buf_append_slice(out, buf_slice(&next->body));
    }
    put(out, "\n");
    if (next->body.size && json_scan(buf_slice(&next->body), NULL, 0) != ERR_OK)
        put(out, "BROKEN, not JSON\n");
    if ((next->status == 204) != (next->body.size == 0) ||
        (next->status == 405) != (next->allow != NULL))
        put(out, "BROKEN, an answer that does not fit its status\n");
}

static void show(struct world *world, struct call_next *next, struct buf *out) {
    buf_clear(&world->memo);
    world->asked = next->ask;
    if (next->ask) {
        show_command(&next->command, out);
        buf_append_slice(&world->memo, buf_slice(&next->memo));
        if (++world->steps > CALL_STEPS_MAX)
            put(out, "BROKEN, too many steps\n");
    } else {
        show_answer(next, out);
    }
    buf_finish(&next->memo);
    buf_finish(&next->body);
    arena_finish(next->arena);
}

/* Up to |stop| or the end, in memory of its own, so that a read past its end
 * is seen. */
static struct slice take_until(struct slice *text, char stop) {
    const char *end = text->size ? memchr(text->data, stop, text->size) : NULL;
    size_t size = end ? (size_t)(end - text->data) : text->size;
    char *copy = mem_alloc(size ? size : 1);
    if (size)
        memcpy(copy, text->data, size);
    text->data += size + (end != NULL);
    text->size -= size + (end != NULL);
    return (struct slice){copy, size};
}

static void request(struct world *world, struct slice line, struct buf *out) {
    struct arena arena = {0};
    struct call_next next = {.arena = &arena, .config = &config};
    struct call_request request = {.method = take_until(&line, ' ')};
    struct slice target = take_until(&line, ' ');
    struct slice rest = target;
    request.path = take_until(&rest, '?');
    request.query = take_until(&rest, '\0');
    request.body = take_until(&line, '\0');
    world->steps = 0;
    api_server.request(&request, &next);
    /* Whatever is borrowed is gone now. */
    free((char *)(uintptr_t)request.method.data);
    free((char *)(uintptr_t)request.path.data);
    free((char *)(uintptr_t)request.query.data);
    free((char *)(uintptr_t)request.body.data);
    free((char *)(uintptr_t)target.data);
    show(world, &next, out);
}

static void reply(struct world *world, struct slice line, struct buf *out) {
    struct arena arena = {0}, of_reply = {0};
    struct call_next next = {.arena = &arena, .config = &config};
    struct wire wire;
    const char *error = wire_parse(line, &of_reply, &wire);
    if (error || !world->asked) {
        put(out, "BROKEN script: ");
        put(out, error ? error : "no command waits");
        put(out, "\n");
    } else {
        api_server.reply(buf_slice(&world->memo), &wire, &next);
        arena_finish(&of_reply);
        show(world, &next, out);
    }
    arena_finish(&of_reply);
}

static void step(void *payload, struct slice line, struct buf *out) {
    struct slice verb = SLICE("reply ");
    if (line.size > verb.size && memcmp(line.data, verb.data, verb.size) == 0)
        reply(payload,
              (struct slice){line.data + verb.size, line.size - verb.size},
              out);
    else
        request(payload, line, out);
}

static const char *const scripts[] = {
    "bodies",  "members", "messages", "presence",
    "reviews", "rooms",   "routes",   "users",
};

START_TEST(scripts_give_what_they_say) {
    char path[512];
    struct world world = {0};
    snprintf(path, sizeof path, "%s/%s.txt", API_SCRIPTS, scripts[_i]);
    bool well = golden_run(path, step, &world);
    buf_finish(&world.memo);
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
