/* plan.c - which programs `parlance up` runs, and how they find each other:
 * by sockets in the data directory, so that only the ports that people use
 * are taken. */
#include <stdio.h>

#include "deploy/up/local_http.h"
#include "deploy/up/up.h"

static struct child *add(struct up *up, const char *program, const char *name) {
    char path[PATH_MAX + 64];
    char log[PATH_MAX + 64];
    struct child *child = &up->children[up->children_count];
    uint16_t port = (uint16_t)(up_api_port(up) + 1 + up->children_count);
    snprintf(path, sizeof path, "%s/parlance-%s", up->bin, program);
    snprintf(log, sizeof log, "%s/log/%s.log", up->dir.path, name);
    child_init(child, name, path, log);
    child_argument(child, "--operator");
    child_argument(child, "127.0.0.1:%u", port);
    up->operator_ports[up->children_count++] = port;
    return child;
}

static void add_gateway(struct up *up, unsigned index) {
    char name[32];
    snprintf(name, sizeof name, "gateway-%u", index + 1);
    struct child *child = add(up, "gateway", name);
    child_argument(child, "--broker");
    child_argument(child, "ipc://%s/run/broker", up->dir.path);
    child_argument(child, "--listen");
    child_argument(child, "%s:%u", up->host, (unsigned)up->port + index);
    child_argument(child, "--jwt-secret-file");
    child_argument(child, "%s/jwt-secret", up->dir.path);
    child_argument(child, "--demo-users");
    child_argument(child, "%s/run/demo-users.json", up->dir.path);
    if (index > 0)
        return;
    child_argument(child, "--api-listen");
    child_argument(child, "127.0.0.1:%u", up_api_port(up));
    child_argument(child, "--api-keys");
    child_argument(child, "%s/api-keys", up->dir.path);
}

void up_plan(struct up *up) {
    struct child *child = add(up, "persister", "persister");
    child_argument(child, "--data");
    child_argument(child, "%s/store", up->dir.path);
    child_argument(child, "--listen");
    child_argument(child, "ipc://%s/run/persister", up->dir.path);
    child = add(up, "broker", "broker");
    child_argument(child, "--persister");
    child_argument(child, "ipc://%s/run/persister", up->dir.path);
    child_argument(child, "--listen");
    child_argument(child, "ipc://%s/run/broker", up->dir.path);
    child_argument(child, "--shards");
    child_argument(child, "%u", (unsigned)up->shards);
    if (up->record) {
        child_argument(child, "--record");
        child_argument(child, "%s", up->record);
    }
    for (unsigned i = 0; i < up->gateways; i++)
        add_gateway(up, i);
}

bool up_is_ready(const struct up *up) {
    for (unsigned i = 0; i < up->children_count; i++)
        if (local_http(up->operator_ports[i], "GET", "/readyz", "", "") != 200)
            return false;
    return true;
}
