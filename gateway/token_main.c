/* token_main.c - the program parlance-token: makes a token for a person who
 * tries Parlance out, or for a test. In earnest the application does this. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/process/options.h"
#include "gateway/auth/jwt.h"

/* Ten years: longer than any trial. */
#define TTL_MAX_MS (UINT64_C(10) * 366 * 24 * 3600 * 1000)

struct token_config {
    const char *secret_file;
    const char *user_id_claim;
    const char *username;
    const char *email;
    const char *first_name;
    const char *last_name;
    uint64_t user;
    uint64_t ttl_ms;
};

/* The first text that a gateway would drop from the token is named on stderr;
 * true if there is none. */
static bool texts_check(const struct token_config *config) {
    const struct {
        const char *option;
        const char *text;
        bool (*is_fit)(struct slice text);
    } texts[] = {
        {"username", config->username, jwt_name_is_fit},
        {"email", config->email, jwt_email_is_fit},
        {"first-name", config->first_name, jwt_name_is_fit},
        {"last-name", config->last_name, jwt_name_is_fit},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!texts[i].text || texts[i].is_fit(slice_of(texts[i].text)))
            continue;
        fprintf(stderr, "parlance-token: --%s: %s\n", texts[i].option,
                texts[i].is_fit == jwt_email_is_fit
                    ? "is not an e-mail address"
                    : "is too long, not UTF-8 or has a line separator");
        return false;
    }
    return true;
}

/* Appends the token; false after a line on stderr. */
static bool token_make(const struct token_config *config, struct buf *token) {
    struct keys_config keys_config = {.secret_file = config->secret_file};
    struct jwt_policy policy = {.user_id_claim = config->user_id_claim};
    struct keys_error error;
    struct key_set *keys = NULL;
    int64_t now_s = (int64_t)(wall_us() / 1000000);
    if (keys_load(&keys_config, &keys, &error) != ERR_OK) {
        fprintf(stderr, "parlance-token: %s\n", error.text);
        return false;
    }
    struct jwt_claims claims = {
        .user = {config->user},
        .expires_s = now_s + (int64_t)(config->ttl_ms / 1000),
        .username = slice_of(config->username),
        .email = slice_of(config->email),
        .first_name = slice_of(config->first_name),
        .last_name = slice_of(config->last_name),
    };
    enum err err = jwt_sign(keys, &policy, now_s, &claims, token);
    keys_destroy(keys);
    if (err != ERR_OK)
        fprintf(stderr, "parlance-token: %s\n", err_text(err));
    return err == ERR_OK;
}

int main(int argc, char **argv) {
    struct token_config config = {0};
    const struct option table[] = {
        OPTION_UINT("user-id", &config.user, 1, ID_MAX, OPTION_REQUIRED,
                    "The user whose token it is."),
        OPTION_TEXT("username", &config.username, "NAME", OPTION_NONE,
                    "The user's name on the site."),
        OPTION_TEXT("email", &config.email, "ADDRESS", OPTION_NONE,
                    "The user's e-mail address."),
        OPTION_TEXT("first-name", &config.first_name, "NAME", OPTION_NONE,
                    "The user's first name."),
        OPTION_TEXT("last-name", &config.last_name, "NAME", OPTION_NONE,
                    "The user's last name."),
        OPTION_DURATION("ttl", &config.ttl_ms, 1000, TTL_MAX_MS, "3600",
                        "How long the token is valid."),
        OPTION_TEXT("jwt-secret-file", &config.secret_file, "FILE",
                    OPTION_REQUIRED, "The secret to sign with, by HS256."),
        OPTION_TEXT("jwt-user-claim", &config.user_id_claim, "NAME",
                    JWT_USER_ID_CLAIM, "The claim that holds the user's id."),
    };
    struct options options;
    struct buf token = {0};
    int status = 0;
    options_init(&options, "parlance-token",
                 "Print a token for a user, signed with the gateway's secret.",
                 table, sizeof table / sizeof *table);
    if (!options_load(&options, argc, argv, environ, &status))
        goto done;
    if (!texts_check(&config)) {
        status = 2;
        goto done;
    }
    if (!token_make(&config, &token)) {
        status = 1;
        goto done;
    }
    buf_append(&token, "\n", 1);
    if (fwrite(token.data, 1, token.size, stdout) != token.size ||
        fflush(stdout) != 0) {
        fprintf(stderr, "parlance-token: stdout: %s\n", strerror(errno));
        status = 1;
    }
done:
    buf_finish(&token);
    options_finish(&options);
    return status;
}
