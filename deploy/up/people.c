/* people.c - two people and their room, so that a newcomer configures
 * nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"
#include "deploy/up/local_http.h"
#include "deploy/up/up.h"

/* They are made anew at every start. */
#define TOKEN_TTL_S "604800"

static const struct up_person people[UP_PEOPLE] = {
    {.user_id = 1,
     .username = "customer",
     .email = "customer@example.com",
     .first_name = "Clara",
     .last_name = "Customer"},
    {.user_id = 2,
     .username = "executor",
     .email = "executor@example.com",
     .first_name = "Egor",
     .last_name = "Executor"},
};

/* Runs parlance-token, which knows how; its output is the token. */
static bool make_token(const struct up *up, struct up_person *person) {
    char program[PATH_MAX + 32];
    char secret[PATH_MAX + 32];
    char user[16];
    int ends[2];
    snprintf(program, sizeof program, "%s/parlance-token", up->bin);
    snprintf(secret, sizeof secret, "%s/jwt-secret", up->dir.path);
    snprintf(user, sizeof user, "%u", person->user_id);
    if (pipe(ends) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execl(program, program, "--user-id", user, "--username",
              person->username, "--email", person->email, "--ttl", TOKEN_TTL_S,
              "--jwt-secret-file", secret, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    size_t have = 0;
    ssize_t got = 1;
    while (pid > 0 && have < sizeof person->token - 1 &&
           (got = read(ends[0], person->token + have,
                       sizeof person->token - 1 - have)) > 0)
        have += (size_t)got;
    close(ends[0]);
    person->token[have] = '\0';
    person->token[strcspn(person->token, "\n")] = '\0';
    int status = 1;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 &&
           person->token[0];
}

enum err up_make_people(struct up *up) {
    struct buf json = {0};
    buf_append_slice(&json, SLICE("{\"users\":["));
    for (unsigned i = 0; i < UP_PEOPLE; i++) {
        char text[UP_TOKEN_BYTES_MAX + 256];
        up->people[i] = people[i];
        if (!make_token(up, &up->people[i])) {
            program_complain(&up->program, "cannot make a token for user %u",
                             people[i].user_id);
            buf_finish(&json);
            return ERR_IO;
        }
        int size =
            snprintf(text, sizeof text,
                     "%s{\"user_id\":%u,\"username\":\"%s\",\"token\":\"%s\"}",
                     i ? "," : "", people[i].user_id, people[i].username,
                     up->people[i].token);
        buf_append(&json, text, (size_t)size);
    }
    buf_append_slice(&json, SLICE("]}\n"));
    enum err err =
        data_dir_write(&up->dir, "run/demo-users.json", buf_slice(&json));
    if (err != ERR_OK)
        program_complain(&up->program, "run/demo-users.json: %m");
    buf_finish(&json);
    return err;
}

bool up_make_room(const struct up *up) {
    char key[256];
    char header[320];
    if (!data_dir_read_line(&up->dir, "api-keys", key, sizeof key))
        return false;
    snprintf(header, sizeof header, "X-API-Key: %s\r\n", key);
    for (unsigned i = 0; i < UP_PEOPLE; i++) {
        char path[64];
        char body[512];
        snprintf(path, sizeof path, "/api/users/%u", people[i].user_id);
        snprintf(body, sizeof body,
                 "{\"username\":\"%s\",\"email\":\"%s\",\"first_name\":\"%s\","
                 "\"last_name\":\"%s\"}",
                 people[i].username, people[i].email, people[i].first_name,
                 people[i].last_name);
        unsigned status =
            local_http(up_api_port(up), "PUT", path, header, body);
        if (status != 200 && status != 201)
            return false;
    }
    return local_http(up_api_port(up), "PUT", "/api/order-reviews/1", header,
                      "{\"status\":\"in_progress\",\"customer_id\":1,"
                      "\"executor_id\":2}") == 200;
}
