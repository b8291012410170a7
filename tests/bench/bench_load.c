/* bench_load.c - the load client: one program that drives the bench's raw
 * server, Nchan and Parlance through the same scenarios.
 *
 *   bench_load fanout   --rooms R --window W --seconds S
 *   bench_load idle     --connections N [--subscribed]
 *   bench_load connects --connections N
 *   bench_load acked    --senders S --window K [--one-room] [--count N]
 *   bench_load pages    --pages P --count N
 *   bench_load typing   [--many] [--everybody] --count ROUNDS
 *   bench_load presence [--many] [--coming] --seconds S
 *   bench_load entry    [--many]
 *   bench_load dialogs  --count N
 *   each with --port PORT --world FILE [--secret FILE] [--dialect nchan]
 *   [--path PATH] [--pids name=PID,...]
 *
 * Prints one line of JSON and exits 0; prints why on stderr and exits 1 if
 * anything that was sent did not arrive exactly once and in order. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/bench/load.h"

struct scenario {
    const char *name;
    bool (*run)(struct load *load);
};

static const struct scenario scenarios[] = {
    {"fanout", load_fanout},     {"idle", load_idle},
    {"connects", load_connects}, {"acked", load_acked},
    {"pages", load_pages},       {"typing", load_typing},
    {"presence", load_presence}, {"entry", load_entry},
    {"dialogs", load_dialogs},
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, 'p'},
    {"world", required_argument, NULL, 'w'},
    {"secret", required_argument, NULL, 's'},
    {"pids", required_argument, NULL, 'i'},
    {"path", required_argument, NULL, 'a'},
    {"dialect", required_argument, NULL, 'd'},
    {"rooms", required_argument, NULL, 'r'},
    {"connections", required_argument, NULL, 'c'},
    {"pages", required_argument, NULL, 'c'},
    {"window", required_argument, NULL, 'k'},
    {"senders", required_argument, NULL, 'e'},
    {"handshakes", required_argument, NULL, 'h'},
    {"count", required_argument, NULL, 'n'},
    {"seconds", required_argument, NULL, 't'},
    {"warmup", required_argument, NULL, 'u'},
    {"one-room", no_argument, NULL, 'o'},
    {"subscribed", no_argument, NULL, 'b'},
    {"many", no_argument, NULL, 'm'},
    {"everybody", no_argument, NULL, 'y'},
    {"coming", no_argument, NULL, 'g'},
    {NULL, 0, NULL, 0},
};

static _Noreturn void usage(const char *what) {
    fprintf(stderr, "bench_load: %s; the head of bench_load.c says how\n",
            what);
    exit(2);
}

struct arguments {
    uint16_t port;
    const char *world;
    const char *secret;
};

static uint32_t positive(const char *text) {
    long value = atol(text);
    if (value <= 0 || value > INT32_MAX)
        usage("a number must be positive");
    return (uint32_t)value;
}

/* The options that are numbers of a scenario. */
static void set_number(struct load_options *options, int option,
                       const char *text) {
    if (option == 'r')
        options->rooms = positive(text);
    else if (option == 'c')
        options->connections = positive(text);
    else if (option == 'k')
        options->window = positive(text);
    else if (option == 'e')
        options->senders = positive(text);
    else if (option == 'h')
        options->handshakes_max = positive(text);
    else if (option == 'n')
        options->count = positive(text);
    else if (option == 't')
        options->seconds = atof(text);
    else if (option == 'u')
        options->warmup_s = atof(text);
    else
        usage("unknown option");
}

/* False: the option is none of these. */
static bool set_flag(struct load_options *options, int option) {
    if (option == 'o')
        options->is_one_room = true;
    else if (option == 'b')
        options->is_subscribed = true;
    else if (option == 'm')
        options->is_many = true;
    else if (option == 'y')
        options->is_everybody = true;
    else if (option == 'g')
        options->is_coming = true;
    else
        return false;
    return true;
}

static void parse(int argc, char **argv, struct load *load,
                  struct arguments *out) {
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == 'p')
            out->port = (uint16_t)positive(optarg);
        else if (option == 'w')
            out->world = optarg;
        else if (option == 's')
            out->secret = optarg;
        else if (option == 'a')
            load->options.path = optarg;
        else if (option == 'd')
            load->options.dialect = strcmp(optarg, "nchan") == 0
                                        ? DIALECT_NCHAN
                                        : DIALECT_MESSENGER;
        else if (option == 'i') {
            if (!procs_parse(&load->procs, optarg))
                usage("--pids is malformed");
        } else if (!set_flag(&load->options, option))
            set_number(&load->options, option, optarg);
    }
    if (out->port == 0 || out->world == NULL || optind != argc - 1)
        usage("--port, --world and a scenario are needed");
}

int main(int argc, char **argv) {
    struct load load = {
        .options = {.path = "/messenger/chat/",
                    .connections = 1000,
                    .window = 1,
                    .senders = 1,
                    .handshakes_max = 256,
                    .seconds = 3,
                    .warmup_s = 0.5},
    };
    struct arguments arguments = {0};
    parse(argc, argv, &load, &arguments);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    load_read_world(&load, arguments.world);
    if (arguments.secret != NULL)
        load_read_secret(&load, arguments.secret);
    load.client = client_create(arguments.port, &load_events, &load);
    int status = 2;
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (strcmp(scenarios[i].name, argv[optind]) == 0)
            status = scenarios[i].run(&load) ? 0 : 1;
    }
    if (status == 2)
        fprintf(stderr, "bench_load: no scenario %s\n", argv[optind]);
    client_destroy(load.client);
    free(load.world);
    free((char *)(uintptr_t)load.secret.data);
    return status;
}
