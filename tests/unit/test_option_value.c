/* test_option_value.c - each type of option, and each way to get one wrong,
 * with the words that the operator sees. */
#include <check.h>
#include <stdio.h>

#include "tests/unit/options_fixture.h"

START_TEST(defaults) {
    struct fixture *f = fixture_create();
    ck_assert_ptr_null(f->config.text);
    ck_assert_ptr_null(f->config.endpoint);
    ck_assert_uint_eq(f->config.number, 2);
    ck_assert_uint_eq(f->config.duration_ms, 5000);
    ck_assert(!f->config.flag);
    ck_assert_str_eq(f->config.address.host, "127.0.0.1");
    ck_assert_uint_eq(f->config.address.port, 8888);
    ck_assert_uint_eq(f->config.list.count, 0);
    ck_assert_uint_eq(f->config.rate.per_second, 50);
    ck_assert_uint_eq(f->config.rate.burst, 200);
    ck_assert_uint_eq(f->config.choice, 1);
    fixture_destroy(f);
}
END_TEST

/* The value of |name| as text, for tables of cases. */
static void show(const struct config *config, const char *name, char *out,
                 size_t size) {
    if (!strcmp(name, "data"))
        snprintf(out, size, "%s", config->text);
    else if (!strcmp(name, "broker"))
        snprintf(out, size, "%s", config->endpoint);
    else if (!strcmp(name, "shards"))
        snprintf(out, size, "%d", (int)config->number);
    else if (!strcmp(name, "grace"))
        snprintf(out, size, "%d", (int)config->duration_ms);
    else if (!strcmp(name, "verbose"))
        snprintf(out, size, "%d", config->flag);
    else if (!strcmp(name, "listen"))
        snprintf(out, size, "%s %u", config->address.host,
                 config->address.port);
    else if (!strcmp(name, "rate"))
        snprintf(out, size, "%u %u", config->rate.per_second,
                 config->rate.burst);
    else if (!strcmp(name, "durability"))
        snprintf(out, size, "%u", config->choice);
    else
        snprintf(out, size, "%zu %s", config->list.count,
                 config->list.items[config->list.count - 1]);
}

static const struct {
    const char *name;
    const char *value;
    const char *shown;
} good[] = {
    {"data", "/var/lib/\xd0\x9f x", "/var/lib/\xd0\x9f x"},
    {"broker", "tcp://127.0.0.1:7101", "tcp://127.0.0.1:7101"},
    {"broker", "tcp://*:*", "tcp://*:*"},
    {"broker", "tcp://[::1]:7101", "tcp://[::1]:7101"},
    {"broker", "tcp://broker.example:7101", "tcp://broker.example:7101"},
    {"broker", "ipc:///tmp/x", "ipc:///tmp/x"},
    {"shards", "1", "1"},
    {"shards", "064", "64"},
    {"grace", "0.5", "500"},
    {"grace", "1.25", "1250"},
    {"grace", "1.125s", "1125"},
    {"grace", "500ms", "500"},
    {"grace", "1m", "60000"},
    {"grace", "0.5m", "30000"},
    {"verbose", "true", "1"},
    {"verbose", "on", "1"},
    {"verbose", "0", "0"},
    {"verbose", "no", "0"},
    {"listen", "0.0.0.0:0", "0.0.0.0 0"},
    {"listen", "[::1]:65535", "::1 65535"},
    {"listen", "*:80", "* 80"},
    {"listen", "localhost:80", "localhost 80"},
    {"rate", "1/4294967295", "1 4294967295"},
    {"rate", "0", "0 0"},
    {"durability", "sync", "0"},
    {"allow-origin", "https://a.example", "1 https://a.example"},
    {"allow-origin", "a,b,c", "3 c"},
};

START_TEST(good_values) {
    struct fixture *f = fixture_create();
    char shown[300];
    ck_assert_msg(set(f, good[_i].name, good[_i].value) == ERR_OK, "%s",
                  f->error.text);
    show(&f->config, good[_i].name, shown, sizeof shown);
    ck_assert_str_eq(shown, good[_i].shown);
    fixture_destroy(f);
}
END_TEST

#define GRACE_REASON "is not a duration from 0.500 to 60.000 seconds"
#define RATE_REASON                                                            \
    "is not N/BURST, two whole numbers above 0, nor 0 for no limit"
#define ENDPOINT_REASON                                                        \
    "is neither tcp://HOST:PORT nor ipc://PATH (of at most 107 bytes)"
#define LIST_REASON "is not a list of at most 64 items in all, none empty"
#define PORT_REASON "does not end in a port from 0 to 65535"
#define HOST_REASON "has no valid host before the port"

static const struct {
    const char *name;
    const char *value;
    const char *error;
} bad[] = {
    {"data", "", "--data: \"\" is empty"},
    {"data", "a\nb", "--data: \"a\\nb\" holds a control character"},
    {"data", "\x1b[2J", "--data: \"\\u001b[2J\" holds a control character"},
    {"shards", "0", "--shards: \"0\" " SHARDS_REASON},
    {"shards", "65", "--shards: \"65\" " SHARDS_REASON},
    {"shards", "-1", "--shards: \"-1\" " SHARDS_REASON},
    {"shards", "+1", "--shards: \"+1\" " SHARDS_REASON},
    {"shards", " 1", "--shards: \" 1\" " SHARDS_REASON},
    {"shards", "1x", "--shards: \"1x\" " SHARDS_REASON},
    {"shards", "0x1", "--shards: \"0x1\" " SHARDS_REASON},
    {"shards", "1.0", "--shards: \"1.0\" " SHARDS_REASON},
    {"shards", "18446744073709551617",
     "--shards: \"18446744073709551617\" " SHARDS_REASON},
    {"grace", "0.499", "--grace: \"0.499\" " GRACE_REASON},
    {"grace", "60.001", "--grace: \"60.001\" " GRACE_REASON},
    {"grace", "1.0001", "--grace: \"1.0001\" " GRACE_REASON},
    {"grace", "1.", "--grace: \"1.\" " GRACE_REASON},
    {"grace", ".5", "--grace: \".5\" " GRACE_REASON},
    {"grace", "1 s", "--grace: \"1 s\" " GRACE_REASON},
    {"grace", "1y", "--grace: \"1y\" " GRACE_REASON},
    {"grace", "-1", "--grace: \"-1\" " GRACE_REASON},
    {"grace", "500.5ms", "--grace: \"500.5ms\" " GRACE_REASON},
    {"grace", "999999999999999999d",
     "--grace: \"999999999999999999d\" " GRACE_REASON},
    {"verbose", "maybe", "--verbose: \"maybe\" is neither true nor false"},
    {"verbose", "TRUE", "--verbose: \"TRUE\" is neither true nor false"},
    {"listen", "8888", "--listen: \"8888\" is not HOST:PORT"},
    {"listen", ":8888", "--listen: \":8888\" " HOST_REASON},
    {"listen", "a b:1", "--listen: \"a b:1\" " HOST_REASON},
    {"listen", "::1:80", "--listen: \"::1:80\" " HOST_REASON},
    {"listen", "[]:80", "--listen: \"[]:80\" " HOST_REASON},
    {"listen", "a:", "--listen: \"a:\" " PORT_REASON},
    {"listen", "a:65536", "--listen: \"a:65536\" " PORT_REASON},
    {"listen", "a:x", "--listen: \"a:x\" " PORT_REASON},
    {"listen", "a:-1", "--listen: \"a:-1\" " PORT_REASON},
    {"broker", "127.0.0.1:1", "--broker: \"127.0.0.1:1\" " ENDPOINT_REASON},
    {"broker", "udp://a:1", "--broker: \"udp://a:1\" " ENDPOINT_REASON},
    {"broker", "tcp://", "--broker: \"tcp://\" " ENDPOINT_REASON},
    {"broker", "tcp://a", "--broker: \"tcp://a\" " ENDPOINT_REASON},
    {"broker", "tcp://a:99999", "--broker: \"tcp://a:99999\" " ENDPOINT_REASON},
    {"broker", "ipc://", "--broker: \"ipc://\" " ENDPOINT_REASON},
    {"rate", "50", "--rate: \"50\" " RATE_REASON},
    {"rate", "50/", "--rate: \"50/\" " RATE_REASON},
    {"rate", "50/0", "--rate: \"50/0\" " RATE_REASON},
    {"rate", "0/5", "--rate: \"0/5\" " RATE_REASON},
    {"rate", "50/200/1", "--rate: \"50/200/1\" " RATE_REASON},
    {"rate", "4294967296/1", "--rate: \"4294967296/1\" " RATE_REASON},
    {"durability", "Sync", "--durability: \"Sync\" is none of sync, async"},
    {"allow-origin", "a,,b", "--allow-origin: \"a,,b\" " LIST_REASON},
    {"allow-origin", "a,", "--allow-origin: \"a,\" " LIST_REASON},
    {"allow-origin", ",", "--allow-origin: \",\" " LIST_REASON},
    {"shard", "1", "--shard: there is no such option"},
    {"\x1b]0;x", "1", "--\\u001b]0;x: there is no such option"},
};

START_TEST(bad_values) {
    struct fixture *f = fixture_create();
    ck_assert_int_ne(set(f, bad[_i].name, bad[_i].value), ERR_OK);
    ck_assert_str_eq(f->error.text, bad[_i].error);
    fixture_destroy(f);
}
END_TEST

START_TEST(long_values) {
    struct fixture *f = fixture_create();
    char text[OPTION_VALUE_BYTES_MAX + 2];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(set(f, "data", text), ERR_MALFORMED);
    ck_assert_ptr_nonnull(
        strstr(f->error.text, "xxx...\" is longer than 4096 bytes"));
    ck_assert_uint_lt(strlen(f->error.text), 200);
    text[sizeof text - 2] = '\0';
    ck_assert_int_eq(set(f, "data", text), ERR_OK);
    ck_assert_str_eq(f->config.text, text);
    for (unsigned i = 0; i < OPTION_LIST_ITEMS_MAX; i++)
        ck_assert_int_eq(set(f, "allow-origin", "a"), ERR_OK);
    ck_assert_int_eq(set(f, "allow-origin", "a"), ERR_MALFORMED);
    fixture_destroy(f);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void) {
    Suite *suite = suite_create("option_value");
    TCase *tests = tcase_create("option_value");
    tcase_add_test(tests, defaults);
    tcase_add_loop_test(tests, good_values, 0, COUNT(good));
    tcase_add_loop_test(tests, bad_values, 0, COUNT(bad));
    tcase_add_test(tests, long_values);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
