/* test_program.c - signals as descriptors, limits, and word to the service
 * manager. */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/process/program.h"

static enum program_signal next(const struct program *program) {
    struct pollfd readable = {.fd = program->signal_fd, .events = POLLIN};
    ck_assert_int_eq(poll(&readable, 1, 10000), 1);
    return program_next_signal(program);
}

START_TEST(signals_are_read) {
    struct program program;
    ck_assert_int_eq(program_init(&program, "parlance-test"), ERR_OK);
    ck_assert_int_eq(program_next_signal(&program), PROGRAM_SIGNAL_NONE);
    kill(getpid(), SIGHUP);
    ck_assert_int_eq(next(&program), PROGRAM_SIGNAL_RELOAD);
    kill(getpid(), SIGTERM);
    ck_assert_int_eq(next(&program), PROGRAM_SIGNAL_STOP);
    kill(getpid(), SIGINT);
    ck_assert_int_eq(next(&program), PROGRAM_SIGNAL_STOP);
    ck_assert_int_eq(program_next_signal(&program), PROGRAM_SIGNAL_NONE);
    program_finish(&program);
}
END_TEST

START_TEST(broken_pipes_do_not_kill) {
    struct program program;
    int pair[2];
    ck_assert_int_eq(program_init(&program, "parlance-test"), ERR_OK);
    ck_assert_int_eq(pipe(pair), 0);
    close(pair[0]);
    ck_assert_int_eq((int)write(pair[1], "x", 1), -1);
    close(pair[1]);
    program_finish(&program);
}
END_TEST

START_TEST(files_up_to_the_hard_limit) {
    struct program program;
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max < 64 ? limit.rlim_max : 64;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(program_init(&program, "parlance-test"), ERR_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);
    program_finish(&program);
}
END_TEST

/* Binds |where| as a service manager would and checks what arrives. */
static void check_notify(const struct sockaddr_un *where, socklen_t size,
                         const char *variable) {
    char text[64];
    const struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)where, size), 0);
    setenv("NOTIFY_SOCKET", variable, 1);
    program_notify(PROGRAM_STATE_READY);
    ssize_t got = recv(fd, text, sizeof text, 0);
    ck_assert_int_eq((int)got, 7);
    ck_assert_int_eq(memcmp(text, "READY=1", 7), 0);
    close(fd);
}

START_TEST(service_manager_hears) {
    char directory[] = "/tmp/parlance-program-XXXXXX";
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(where.sun_path, sizeof where.sun_path, "%s/s", directory);
    check_notify(&where, sizeof where, where.sun_path);
    unlink(where.sun_path);
    rmdir(directory);
    /* The abstract namespace: a NUL in place of the '@'. */
    char variable[80];
    snprintf(variable, sizeof variable, "@%s", directory);
    memset(where.sun_path, 0, sizeof where.sun_path);
    memcpy(where.sun_path + 1, directory, strlen(directory));
    check_notify(&where,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                             strlen(directory)),
                 variable);
}
END_TEST

/* Nobody there, or nonsense: nothing happens. */
START_TEST(no_service_manager) {
    char large[300];
    memset(large, '/', sizeof large);
    large[sizeof large - 1] = '\0';
    unsetenv("NOTIFY_SOCKET");
    program_notify(PROGRAM_STATE_READY);
    setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
    program_notify(PROGRAM_STATE_READY);
    setenv("NOTIFY_SOCKET", "relative", 1);
    program_notify(PROGRAM_STATE_READY);
    setenv("NOTIFY_SOCKET", large, 1);
    program_notify(PROGRAM_STATE_STOPPING);
}
END_TEST

START_TEST(clocks_go) {
    uint64_t start_us = monotonic_us();
    uint64_t start_ms = monotonic_ms();
    ck_assert_uint_ge(start_ms, start_us / 1000);
    while (monotonic_us() == start_us)
        continue;
    ck_assert_uint_gt(monotonic_us(), start_us);
    /* After 2020 and before 2100. */
    ck_assert_uint_gt(wall_us(), UINT64_C(1577836800000000));
    ck_assert_uint_lt(wall_us(), UINT64_C(4102444800000000));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("program");
    TCase *tests = tcase_create("program");
    tcase_add_test(tests, signals_are_read);
    tcase_add_test(tests, broken_pipes_do_not_kill);
    tcase_add_test(tests, files_up_to_the_hard_limit);
    tcase_add_test(tests, service_manager_hears);
    tcase_add_test(tests, no_service_manager);
    tcase_add_test(tests, clocks_go);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
