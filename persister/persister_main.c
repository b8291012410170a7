/* persister_main.c - parlance-persister: options and wiring only. */
#include <sys/stat.h>
#include <unistd.h>

#include "common/link/link_process.h"
#include "common/process/log.h"
#include "common/process/operator.h"
#include "common/process/options.h"
#include "common/process/program.h"
#include "persister/mail/mail_options.h"
#include "persister/persister_io.h"
#include "persister/persister_metrics.h"

#define OPTION_COUNT 13u
#define WRITE_BUFFER_BYTES (64u << 20)

/* How long a stop waits for what was asked. */
#define STOP_PATIENCE_MS 10000u

enum durability { DURABILITY_SYNC, DURABILITY_ASYNC };

static const char *const durabilities[] = {"sync", "async", NULL};

/* What the operator chose. |options| and |table| hold the texts. */
struct settings {
    const char *data;
    const char *listen;
    struct address operator_address;
    uint64_t readers;
    uint64_t cache_mb;
    uint64_t min_free_percent;
    unsigned durability;
    unsigned log_level;
    struct mail_options mail;
    struct option table[OPTION_COUNT];
    struct options options;
};

/* Everything that serve() needs, in the order in which it is made. */
struct house {
    struct program program;
    struct metrics *metrics;
    struct readiness *readiness;
    struct health *health;
    struct operator* operator;
    const struct store_ops *ops;
    struct store *store;
    struct persister *persister;
    struct mailer_config mail;
    struct link_actor *mailer;
};

static bool load_settings(int argc, char **argv, struct settings *settings,
                          int *status) {
    const struct option table[OPTION_COUNT] = {
        OPTION_TEXT("data", &settings->data, "DIR", OPTION_REQUIRED,
                    "where everything is stored; made if it is not there"),
        OPTION_ENDPOINT("listen", &settings->listen, "tcp://127.0.0.1:7102",
                        "where the broker connects; loopback or ipc only"),
        OPTION_ADDRESS("operator", &settings->operator_address, OPTION_NONE,
                       "listen for /healthz, /readyz and /metrics"),
        OPTION_UINT("readers", &settings->readers, 1, PERSISTER_READERS_MAX,
                    "2", "threads that answer reads"),
        OPTION_UINT("cache-mb", &settings->cache_mb, 8, 1u << 20, "128",
                    "memory for what was read, in MiB"),
        OPTION_UINT("min-free-percent", &settings->min_free_percent, 0, 100,
                    "5", "refuse writes below this share of free disk"),
        OPTION_CHOICE("durability", &settings->durability, durabilities, "sync",
                      "sync: on disk before it is acknowledged, async: soon "
                      "after, so that a power cut loses some"),
        OPTION_TEXT("smtp", &settings->mail.url, "URL", OPTION_NONE,
                    "smtp://HOST:PORT or smtps://HOST:PORT; without it no "
                    "mail is kept or sent"),
        OPTION_TEXT("mail-from", &settings->mail.from, "ADDRESS", OPTION_NONE,
                    "the sender of mails; needed with --smtp"),
        OPTION_TEXT("smtp-user", &settings->mail.user, "NAME", OPTION_NONE,
                    "log in; the line must then be encrypted"),
        OPTION_TEXT("smtp-password-file", &settings->mail.password_file, "FILE",
                    OPTION_NONE, "the password of --smtp-user"),
        OPTION_TEXT("smtp-ca-file", &settings->mail.ca_file, "FILE",
                    OPTION_NONE,
                    "certificates to trust instead of the system's"),
        OPTION_CHOICE("log-level", &settings->log_level, log_level_texts,
                      "info", "what is logged: this and what is graver"),
    };
    memcpy(settings->table, table, sizeof table);
    options_init(&settings->options, "parlance-persister",
                 "Keeps the log, the rooms and their history on disk.",
                 settings->table, OPTION_COUNT);
    return options_load(&settings->options, argc, argv, environ, status);
}

static bool open_store(struct house *house, const struct settings *settings) {
    struct store_error error = {""};
    struct store_config config = {.path = settings->data,
                                  .durable =
                                      settings->durability == DURABILITY_SYNC,
                                  .cache_bytes = settings->cache_mb << 20,
                                  .write_buffer_bytes = WRITE_BUFFER_BYTES,
                                  .outbox = settings->mail.url != NULL};
    house->ops = &store_rocksdb;
    enum err err = house->ops->open(&config, &house->store, &error);
    if (err != ERR_OK)
        program_complain(&house->program, "--data: %s: %s", err_text(err),
                         error.text);
    return err == ERR_OK;
}

static bool listen_for_operators(struct house *house,
                                 const struct settings *settings) {
    const struct address *address = &settings->operator_address;
    if (!address_given(address))
        return true;
    enum err err = operator_create(address, house->metrics, house->readiness,
                                   &house->operator);
    if (err != ERR_OK)
        program_complain(&house->program, "--operator %s:%u: %m", address->host,
                         address->port);
    return err == ERR_OK;
}

static bool listen_for_brokers(struct house *house,
                               const struct settings *settings) {
    struct buf reason = {0};
    struct persister_config config = {
        .listen = settings->listen,
        .readers_count = (uint32_t)settings->readers,
        .writer = {.ops = house->ops,
                   .store = house->store,
                   .health = house->health,
                   .metrics = house->metrics,
                   .path = settings->data,
                   .min_free_percent = (uint32_t)settings->min_free_percent,
                   .durable = settings->durability == DURABILITY_SYNC},
        .reader = {.ops = house->ops,
                   .store = house->store,
                   .health = house->health,
                   .metrics = house->metrics}};
    enum err err = persister_create(&config, &house->persister, &reason);
    if (err != ERR_OK)
        program_complain(&house->program, "--listen %s: %.*s", settings->listen,
                         (int)reason.size, reason.data);
    buf_finish(&reason);
    return err == ERR_OK;
}

static void start_mailer(struct house *house) {
    if (!house->mail.smtp.url)
        return;
    house->mail.ops = house->ops;
    house->mail.store = house->store;
    house->mail.metrics = house->metrics;
    house->mailer = link_actor_start(mailer_run, &house->mail,
                                     &(struct link_pipe_limits){1, 1});
}

/* Until a signal. */
static void serve(struct house *house) {
    log_info("listening",
             LOG_TEXT("endpoint", persister_endpoint(house->persister)));
    program_notify(PROGRAM_STATE_READY);
    while (program_next_signal(&house->program) != PROGRAM_SIGNAL_STOP)
        persister_turn(house->persister, house->program.signal_fd);
    program_notify(PROGRAM_STATE_STOPPING);
    log_info("stopping");
}

int main(int argc, char **argv) {
    struct settings settings = {0};
    struct house house = {.ops = NULL};
    int status = PROGRAM_EXIT_FAILURE;

    if (!load_settings(argc, argv, &settings, &status))
        return status;
    umask(077); /* What is stored is nobody else's to read. */
    log_start("persister", (enum log_level)settings.log_level);
    if (program_init(&house.program, "parlance-persister") != ERR_OK) {
        program_complain(&house.program, "cannot set up signals");
        return PROGRAM_EXIT_FAILURE;
    }
    if (!mail_options_take(&settings.mail, &house.mail.smtp, &house.program,
                           &status)) {
        options_finish(&settings.options);
        program_finish(&house.program);
        return status;
    }
    link_process_init();
    house.metrics = persister_metrics_create();
    house.readiness = readiness_create(health_conditions);
    house.health = health_create(house.readiness);
    status = PROGRAM_EXIT_FAILURE;
    if (open_store(&house, &settings) &&
        listen_for_operators(&house, &settings) &&
        listen_for_brokers(&house, &settings)) {
        start_mailer(&house);
        serve(&house);
        status = PROGRAM_EXIT_OK;
    }
    link_actor_stop(&house.mailer);
    persister_destroy(house.persister, STOP_PATIENCE_MS);
    operator_destroy(house.operator);
    if (house.store)
        house.ops->close(house.store);
    health_destroy(house.health);
    readiness_destroy(house.readiness);
    metrics_destroy(house.metrics);
    link_process_finish();
    mail_options_finish(&house.mail.smtp);
    options_finish(&settings.options);
    program_finish(&house.program);
    return status;
}
