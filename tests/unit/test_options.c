/* test_options.c - the places where options are set, which of them counts, and
 * what the operator sees of each. */
#include <check.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/options_fixture.h"

static enum err set_environment(struct fixture *f, const char *entry) {
    char copy[256];
    snprintf(copy, sizeof copy, "%s", entry);
    char *environment[] = {copy, NULL};
    return options_set_environment(&f->options, environment, &f->error);
}

static enum err set_text(struct fixture *f, const char *text) {
    return options_set_text(&f->options, slice_of(text), &f->error);
}

/* A higher source counts, in whatever order they are read. */
START_TEST(precedence) {
    static const uint64_t expected[] = {2, 3, 4, 4, 5, 5, 5, 5};
    static const char orders[][4] = {"fea", "fae", "efa", "eaf", "afe", "aef"};
    for (size_t order = 0; order < 6; order++) {
        struct fixture *f = fixture_create();
        for (const char *step = orders[order]; *step; step++) {
            enum err err = ERR_OK;
            if (*step == 'f' && (_i & 1))
                err = set_text(f, "shards = 3\nallow-origin = f\n"
                                  "allow-origin = g\n");
            else if (*step == 'e' && (_i & 2))
                err = set_environment(f, "PARLANCE_SHARDS=4");
            else if (*step == 'a' && (_i & 4))
                err = set(f, "shards", "5");
            ck_assert_msg(err == ERR_OK, "%s", f->error.text);
        }
        ck_assert_uint_eq(f->config.number, expected[_i]);
        ck_assert_uint_eq(f->config.list.count, _i & 1 ? 2 : 0);
        fixture_destroy(f);
    }
}
END_TEST

/* A list of a higher source replaces, of the same source adds. */
START_TEST(lists_of_sources) {
    struct fixture *f = fixture_create();
    ck_assert_int_eq(set_text(f, "allow-origin = a,b\nallow-origin = c\n"),
                     ERR_OK);
    ck_assert_uint_eq(f->config.list.count, 3);
    ck_assert_int_eq(set_environment(f, "PARLANCE_ALLOW_ORIGIN=d,e"), ERR_OK);
    ck_assert_uint_eq(f->config.list.count, 2);
    ck_assert_str_eq(f->config.list.items[0], "d");
    ck_assert_int_eq(set(f, "allow-origin", "g"), ERR_OK);
    ck_assert_int_eq(set(f, "allow-origin", "h"), ERR_OK);
    ck_assert_uint_eq(f->config.list.count, 2);
    ck_assert_str_eq(f->config.list.items[1], "h");
    fixture_destroy(f);
}
END_TEST

/* What is overridden is still checked. */
START_TEST(overridden_but_wrong) {
    struct fixture *f = fixture_create();
    ck_assert_int_eq(set(f, "shards", "5"), ERR_OK);
    ck_assert_int_eq(set_text(f, "shards = x\n"), ERR_MALFORMED);
    ck_assert_str_eq(f->error.text, "--shards: \"x\" " SHARDS_REASON
                                    " (from the file of --config)");
    ck_assert_int_eq(set_environment(f, "PARLANCE_SHARDS=y"), ERR_MALFORMED);
    ck_assert_str_eq(f->error.text, "--shards: \"y\" " SHARDS_REASON
                                    " (from the environment)");
    ck_assert_uint_eq(f->config.number, 5);
    fixture_destroy(f);
}
END_TEST

START_TEST(environment_of_others) {
    struct fixture *f = fixture_create();
    ck_assert_int_eq(set_environment(f, "PARLANCE_OTHER=1"), ERR_OK);
    ck_assert_int_eq(set_environment(f, "PARLANCE_=1"), ERR_OK);
    ck_assert_int_eq(set_environment(f, "PARLANCE_SHARDS="), ERR_OK);
    ck_assert_int_eq(set_environment(f, "PARLANCE_SHARDS"), ERR_OK);
    ck_assert_int_eq(set_environment(f, "PARLANCE_shards=9"), ERR_OK);
    ck_assert_int_eq(set_environment(f, "SHARDS=9"), ERR_OK);
    ck_assert_uint_eq(f->config.number, 2);
    fixture_destroy(f);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} bad_texts[] = {
    {"shards = 1\nshards = 2\n",
     "--shards: is set twice (from the file of --config)"},
    {"\n# x\nshrads = 1\n",
     "--shrads: there is no such option (from the file of --config)"},
    {"config = x\n",
     "--config: there is no such option (from the file of --config)"},
    {"shards = \"1\n", "--config: line 1: a quote is missing"},
    {"data = \"a\" b\n", "--config: line 1: text after the quotes"},
    {"shards\n", "--config: line 1: a '=' is expected after the name"},
    {"data = a\nshards =\n", "--config: line 2: there is no value"},
    {"shards = # 1\n", "--config: line 1: there is no value"},
    {"= 1\n", "--config: line 1: a name is expected"},
    {"[shards]\n", "--config: line 1: a name is expected"},
    {"gateway\n    shards = 1\n",
     "--config: line 1: a '=' is expected after the name"},
    {"    shards = 1\n",
     "--config: line 1: sections are not used here, so no line is indented"},
    {"data = a\x01\n", "--config: line 1: control characters are not allowed"},
    {"data = \"\"\n", "--data: \"\" is empty (from the file of --config)"},
};

START_TEST(bad_files) {
    struct fixture *f = fixture_create();
    ck_assert_int_ne(set_text(f, bad_texts[_i].text), ERR_OK);
    ck_assert_str_eq(f->error.text, bad_texts[_i].error);
    fixture_destroy(f);
}
END_TEST

START_TEST(good_file) {
    struct fixture *f = fixture_create();
    ck_assert_int_eq(set_text(f, ""), ERR_OK);
    ck_assert_msg(set_text(f, "# all of it\r\n\r\n"
                              "   # indented\n"
                              "data = /a b # the place\r\n"
                              "broker\t=\t'tcp://a:1'\n"
                              "shards=7\n"
                              "allow-origin = \"a#b\" # one\n"
                              "verbose = yes") == ERR_OK,
                  "%s", f->error.text);
    ck_assert_str_eq(f->config.text, "/a b");
    ck_assert_str_eq(f->config.endpoint, "tcp://a:1");
    ck_assert_uint_eq(f->config.number, 7);
    ck_assert_str_eq(f->config.list.items[0], "a#b");
    ck_assert(f->config.flag);
    fixture_destroy(f);
}
END_TEST

/* Bounds of the file, each of which czmq alone would not survive. */
START_TEST(large_files) {
    struct fixture *f = fixture_create();
    struct buf text = {0};
    memset(buf_reserve(&text, (1u << 20) + 1), 'x', (1u << 20) + 1);
    memcpy(text.data, "data = ", 7);
    text.size = (1u << 20) + 1;
    ck_assert_int_eq(options_set_text(&f->options, buf_slice(&text), &f->error),
                     ERR_LIMIT);
    ck_assert_str_eq(f->error.text, "--config: the file is too large");
    text.size = 1001;
    ck_assert_int_eq(options_set_text(&f->options, buf_slice(&text), &f->error),
                     ERR_LIMIT);
    ck_assert_str_eq(f->error.text, "--config: line 1: the line is too long");
    text.size = 1000;
    ck_assert_int_eq(options_set_text(&f->options, buf_slice(&text), &f->error),
                     ERR_OK);
    ck_assert_uint_eq(strlen(f->config.text), 993);
    buf_clear(&text);
    for (int i = 0; i < 1025; i++)
        buf_append(&text, "allow-origin = a\n", 17);
    ck_assert_int_eq(options_set_text(&f->options, buf_slice(&text), &f->error),
                     ERR_LIMIT);
    ck_assert_str_eq(f->error.text, "--config: line 1025: too many settings");
    buf_finish(&text);
    fixture_destroy(f);
}
END_TEST

#define ARGUMENTS_MAX 8

static const struct {
    const char *arguments[ARGUMENTS_MAX];
    const char *error; /* NULL: none, and --shards is 7. */
    const char *plain; /* What is no option, joined. */
} lines[] = {
    {{"--shards", "7"}, NULL, ""},
    {{"--shards=7", "--verbose"}, NULL, ""},
    {{"--shards=1", "--shards=7"}, NULL, ""},
    {{"--verbose", "a", "--shards", "7", "b"}, NULL, "ab"},
    {{"--shards=7", "--", "--shards", "-"}, NULL, "--shards-"},
    {{"--shards"}, "--shards: a value is missing", ""},
    {{"--shards", "--verbose"}, "--shards: \"--verbose\" " SHARDS_REASON, ""},
    {{"--shards="}, "--shards: \"\" is empty", ""},
    {{"--verbose=2"}, "--verbose: \"2\" is neither true nor false", ""},
    {{"--config"}, "--config: a value is missing", ""},
    {{"--shard", "7"}, "--shard: there is no such option", ""},
    {{"--shard=7"}, "--shard: there is no such option", ""},
    {{"--="}, "--: there is no such option", ""},
    {{"-s", "7"}, "-s: there is no such option", ""},
};

START_TEST(argument_lines) {
    struct fixture *f = fixture_create();
    enum options_wish wish;
    char *arguments[ARGUMENTS_MAX];
    size_t count = 0;
    char plain[64] = "";
    f->options.arguments_usage = "FILE...";
    for (; count < ARGUMENTS_MAX && lines[_i].arguments[count]; count++)
        arguments[count] = strdup(lines[_i].arguments[count]);
    enum err err =
        options_set_arguments(&f->options, count, arguments, &wish, &f->error);
    ck_assert_str_eq(f->error.text, lines[_i].error ? lines[_i].error : "");
    ck_assert_int_eq(err == ERR_OK, lines[_i].error == NULL);
    for (size_t i = 0; i < f->options.arguments.count; i++)
        strcat(plain, f->options.arguments.items[i]);
    ck_assert_str_eq(plain, lines[_i].plain);
    if (!lines[_i].error)
        ck_assert_uint_eq(f->config.number, 7);
    while (count > 0)
        free(arguments[--count]);
    fixture_destroy(f);
}
END_TEST

START_TEST(required_option) {
    const char *text = NULL;
    const struct option table[] = {
        OPTION_TEXT("data", &text, "DIR", OPTION_REQUIRED, "A place."),
    };
    struct options options;
    struct options_error error;
    options_init(&options, "parlance-test", "Tests.", table, 1);
    ck_assert_int_eq(options_check(&options, &error), ERR_NOT_FOUND);
    ck_assert_str_eq(error.text, "--data: must be set");
    ck_assert_int_eq(options_set(&options, OPTION_SOURCE_FILE, SLICE("data"),
                                 SLICE("x"), &error),
                     ERR_OK);
    ck_assert_int_eq(options_check(&options, &error), ERR_OK);
    options_finish(&options);
}
END_TEST

START_TEST(help_text) {
    struct fixture *f = fixture_create();
    struct buf help = {0};
    options_help(&f->options, &help);
    buf_append(&help, "", 1);
    const char *expected =
        "usage: parlance-test [OPTION]...\n"
        "Tests options.\n"
        "\n"
        "  --data DIR                  A place.\n"
        "  --broker ENDPOINT           A peer.\n"
        "  --shards N                  How many. [2]\n"
        "  --grace SECONDS             How long. [5]\n"
        "  --verbose                   Says more.\n"
        "  --listen HOST:PORT          Where. [127.0.0.1:8888]\n"
        "  --allow-origin ORIGIN       From where.\n"
        "  --rate N/BURST              How fast. [50/200]\n"
        "  --durability WORD           How.; one of: sync, async [async]\n";
    ck_assert_uint_gt(help.size, strlen(expected));
    help.data[strlen(expected)] = '\0';
    ck_assert_str_eq(help.data, expected);
    buf_finish(&help);
    fixture_destroy(f);
}
END_TEST

/* Loads with a file of |text| (none if NULL); what was printed to stdout and
 * stderr is in |printed|. Returns the exit status, -1 to run. */
static int load(struct fixture *f, const char *text, const char *argument,
                char *printed, size_t size) {
    char path[] = "/tmp/parlance-options-XXXXXX";
    char config[64] = "--verbose", flag[64];
    FILE *output = tmpfile();
    char name[] = "x", *argv[] = {name, config, flag, NULL};
    char *environment[] = {NULL};
    int status = -1, fd = mkstemp(path);
    ck_assert(fd >= 0 && output);
    if (text) {
        ck_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
        snprintf(config, sizeof config, "--config=%s", path);
    }
    close(fd);
    snprintf(flag, sizeof flag, "%s", argument);
    fflush(stdout);
    int saved[] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    dup2(fileno(output), STDOUT_FILENO);
    dup2(fileno(output), STDERR_FILENO);
    bool run = options_load(&f->options, 3, argv, environment, &status);
    dup2(saved[0], STDOUT_FILENO);
    dup2(saved[1], STDERR_FILENO);
    close(saved[0]);
    close(saved[1]);
    unlink(path);
    rewind(output);
    printed[fread(printed, 1, size - 1, output)] = '\0';
    fclose(output);
    return run ? -1 : status;
}

START_TEST(load_all) {
    struct fixture *f = fixture_create();
    char printed[8192];
    ck_assert_int_eq(
        load(f, "shards = 3\n", "--rate=1/2", printed, sizeof printed), -1);
    ck_assert_str_eq(printed, "");
    ck_assert_uint_eq(f->config.number, 3);
    ck_assert_uint_eq(f->config.rate.burst, 2);
    fixture_destroy(f);
    f = fixture_create();
    ck_assert_int_eq(load(f, NULL, "--help", printed, sizeof printed), 0);
    ck_assert_ptr_nonnull(strstr(printed, "--durability WORD"));
    fixture_destroy(f);
    f = fixture_create();
    ck_assert_int_eq(load(f, NULL, "--version", printed, sizeof printed), 0);
    ck_assert_str_eq(printed, "parlance-test " PARLANCE_VERSION "\n");
    fixture_destroy(f);
    f = fixture_create();
    ck_assert_int_eq(
        load(f, "shards = 0\n", "--verbose", printed, sizeof printed), 2);
    ck_assert_str_eq(printed, "parlance-test: --shards: \"0\" " SHARDS_REASON
                              " (from the file of --config)\n");
    fixture_destroy(f);
    f = fixture_create();
    ck_assert_int_eq(
        load(f, NULL, "--config=/nowhere/x", printed, sizeof printed), 1);
    ck_assert_str_eq(printed, "parlance-test: --config: cannot read "
                              "\"/nowhere/x\": No such file or directory\n");
    fixture_destroy(f);
    f = fixture_create();
    ck_assert_int_eq(load(f, NULL, "--config=/", printed, sizeof printed), 1);
    fixture_destroy(f);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void) {
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");
    tcase_add_loop_test(tests, precedence, 0, 8);
    tcase_add_test(tests, lists_of_sources);
    tcase_add_test(tests, overridden_but_wrong);
    tcase_add_test(tests, environment_of_others);
    tcase_add_loop_test(tests, bad_files, 0, COUNT(bad_texts));
    tcase_add_test(tests, good_file);
    tcase_add_test(tests, large_files);
    tcase_add_loop_test(tests, argument_lines, 0, COUNT(lines));
    tcase_add_test(tests, required_option);
    tcase_add_test(tests, help_text);
    tcase_add_test(tests, load_all);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
