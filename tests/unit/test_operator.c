/* test_operator.c - the operator's listener over real sockets, with clients
 * that are polite, slow and hostile. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/process/operator.h"

enum { METRIC_THINGS, METRIC_COUNT };

static const struct metric table[METRIC_COUNT] = {
    [METRIC_THINGS] = METRIC_COUNTER("parlance_things_total", "Things."),
};

static const char *const names[] = {"broker", "storage", NULL};

struct fixture {
    struct metrics *metrics;
    struct readiness *readiness;
    struct operator* operator;
};

static struct fixture start(void) {
    const struct address address = {"127.0.0.1", 0};
    struct fixture f = {.metrics =
                            metrics_create("broker", table, METRIC_COUNT),
                        .readiness = readiness_create(names)};
    ck_assert_int_eq(
        operator_create(&address, f.metrics, f.readiness, &f.operator), ERR_OK);
    ck_assert_uint_ne(operator_port(f.operator), 0);
    return f;
}

static void stop(struct fixture *f) {
    operator_destroy(f->operator);
    readiness_destroy(f->readiness);
    metrics_destroy(f->metrics);
}

static int dial(const struct fixture *f) {
    struct sockaddr_in where = {.sin_family = AF_INET,
                                .sin_port = htons(operator_port(f->operator)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 30};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&where, sizeof where),
                     0);
    return fd;
}

/* Sends as much as the other side takes. */
static void send_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        data += sent;
        size -= (size_t)sent;
    }
}

/* Reads until the other side closes, at most |capacity| - 1 bytes. */
static void receive_all(int fd, char *out, size_t capacity) {
    size_t size = 0;
    ssize_t got;
    while (size < capacity - 1 &&
           (got = recv(fd, out + size, capacity - 1 - size, 0)) > 0)
        size += (size_t)got;
    ck_assert_msg(got >= 0 || errno == ECONNRESET, "no answer in time");
    out[size] = '\0';
}

static void ask(const struct fixture *f, const char *method, const char *path,
                char *out, size_t capacity) {
    char request[256];
    int fd = dial(f);
    int size = snprintf(request, sizeof request,
                        "%s %s HTTP/1.1\r\nHost: x\r\n"
                        "Connection: close\r\n\r\n",
                        method, path);
    send_all(fd, request, (size_t)size);
    receive_all(fd, out, capacity);
    close(fd);
}

/* What stands behind the headers. */
static const char *body_of(const char *answer) {
    const char *body = strstr(answer, "\r\n\r\n");
    ck_assert_ptr_nonnull(body);
    return body + 4;
}

static void check_status(const char *answer, const char *status) {
    ck_assert_msg(strncmp(answer, status, strlen(status)) == 0, "%.60s",
                  answer);
}

START_TEST(answers) {
    struct fixture f = start();
    char answer[16384];
    ask(&f, "GET", "/healthz", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 200 ");
    ck_assert_str_eq(body_of(answer), "ok\n");
    ask(&f, "GET", "/readyz", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 503 ");
    ck_assert_str_eq(body_of(answer), "broker: starting\nstorage: starting\n");
    readiness_set(f.readiness, 0, true, NULL);
    readiness_set(f.readiness, 1, true, NULL);
    ask(&f, "GET", "/readyz", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 200 ");
    ck_assert_str_eq(body_of(answer), "broker: ok\nstorage: ok\n");
    metrics_add(f.metrics, METRIC_THINGS, 42);
    ask(&f, "GET", "/metrics", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 200 ");
    ck_assert_ptr_nonnull(
        strcasestr(answer, "\r\nContent-Type: text/plain; version=0.0.4"));
    ck_assert_ptr_nonnull(strstr(answer, "\nparlance_things_total 42\n"));
    ck_assert_ptr_nonnull(strstr(answer, "\nprocess_resident_memory_bytes "));
    stop(&f);
}
END_TEST

START_TEST(other_requests) {
    struct fixture f = start();
    char answer[4096];
    ask(&f, "HEAD", "/healthz", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 200 ");
    ck_assert_str_eq(body_of(answer), "");
    ask(&f, "GET", "/", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 404 ");
    ask(&f, "GET", "/healthz/../metrics", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 404 ");
    ask(&f, "GET", "/metrics?x=1", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 200 ");
    ask(&f, "DELETE", "/metrics", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 405 ");
    ck_assert_ptr_nonnull(strcasestr(answer, "\r\nAllow: GET, HEAD\r\n"));
    ask(&f, "POST", "/healthz", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 405 ");
    stop(&f);
}
END_TEST

START_TEST(address_in_use) {
    struct fixture f = start();
    struct operator* second = NULL;
    const struct address address = {"127.0.0.1", operator_port(f.operator)};
    ck_assert_int_eq(operator_create(&address, f.metrics, f.readiness, &second),
                     ERR_IO);
    ck_assert_int_eq(errno, EADDRINUSE);
    const struct address nowhere = {"host.invalid", 1};
    ck_assert_int_eq(operator_create(&nowhere, f.metrics, f.readiness, &second),
                     ERR_IO);
    ck_assert_int_eq(errno, EADDRNOTAVAIL);
    stop(&f);
}
END_TEST

/* Clients that stop in the middle hold up neither others nor the end. */
START_TEST(half_requests) {
    struct fixture f = start();
    char answer[4096];
    int halves[32];
    for (size_t i = 0; i < 32; i++) {
        halves[i] = dial(&f);
        send_all(halves[i], "GET /metrics HTT", i % 17);
    }
    ask(&f, "GET", "/healthz", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 200 ");
    stop(&f);
    for (size_t i = 0; i < 32; i++)
        close(halves[i]);
}
END_TEST

/* One megabyte of header, in one line or in many: refused or cut off, and
 * the next client is answered. */
START_TEST(endless_headers) {
    static const char *const repeated[] = {"x", "A: b\r\n", "GET ", "\r\n",
                                           "\xff"};
    struct fixture f = start();
    char answer[4096];
    const char *piece = repeated[_i];
    size_t size = strlen(piece);
    int fd = dial(&f);
    send_all(fd, "GET /healthz HTTP/1.1\r\nX: ", 26);
    char *large = malloc(1u << 20);
    for (size_t i = 0; i < 1u << 20; i++)
        large[i] = piece[i % size];
    send_all(fd, large, 1u << 20);
    shutdown(fd, SHUT_WR);
    receive_all(fd, answer, sizeof answer);
    /* Only a header that ends in time may be answered. */
    if (_i != 3)
        ck_assert_ptr_null(strstr(answer, " 200 OK"));
    close(fd);
    free(large);
    ask(&f, "GET", "/healthz", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 200 ");
    stop(&f);
}
END_TEST

/* A body that is announced and sent without end is not read to its end. */
START_TEST(endless_body) {
    struct fixture f = start();
    char answer[4096];
    static char zeros[1u << 20];
    const char *head = "POST /metrics HTTP/1.1\r\nHost: x\r\n"
                       "Content-Length: 999999999999\r\n\r\n";
    int fd = dial(&f);
    send_all(fd, head, strlen(head));
    send_all(fd, zeros, sizeof zeros);
    shutdown(fd, SHUT_WR);
    receive_all(fd, answer, sizeof answer);
    ck_assert(answer[0] == '\0' || strstr(answer, " 405 ") != NULL);
    close(fd);
    ask(&f, "GET", "/healthz", answer, sizeof answer);
    check_status(answer, "HTTP/1.1 200 ");
    stop(&f);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("operator");
    TCase *tests = tcase_create("operator");
    tcase_add_test(tests, answers);
    tcase_add_test(tests, other_requests);
    tcase_add_test(tests, address_in_use);
    tcase_add_test(tests, half_requests);
    tcase_add_loop_test(tests, endless_headers, 0, 5);
    tcase_add_test(tests, endless_body);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
