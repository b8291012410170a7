/* parlance.c - `parlance X` runs the program parlance-X beside it, as git
 * does, so that each tool lives with what it serves. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int usage(FILE *out, int status) {
    fputs("usage: parlance TOOL [ARGUMENT]...\n"
          "\n"
          "  up         persister, broker and gateways on this machine\n"
          "  token      make a token for a user\n"
          "  replay     do again what a broker recorded\n"
          "  persister  the three programs, one at a time\n"
          "  broker\n"
          "  gateway\n"
          "\n"
          "parlance TOOL --help tells more.\n",
          out);
    return status;
}

/* A tool's name: letters, digits and dashes, so that no path gets in. */
static int is_name(const char *text) {
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && size < 64 && text[size] == '\0' && text[0] != '-';
}

int main(int argc, char **argv) {
    char path[PATH_MAX];
    if (argc < 2)
        return usage(stderr, 2);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout, 0);
    if (strcmp(argv[1], "--version") == 0) {
        puts("parlance " PARLANCE_VERSION);
        return 0;
    }
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size < 0) {
        perror("parlance: /proc/self/exe");
        return 1;
    }
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    size_t room = sizeof path - (size_t)(slash + 1 - path);
    if (!is_name(argv[1]) ||
        (size_t)snprintf(slash + 1, room, "parlance-%s", argv[1]) >= room) {
        fprintf(stderr, "parlance: \"%s\" is no tool\n", argv[1]);
        return usage(stderr, 2);
    }
    argv[1] = path;
    execv(path, argv + 1);
    if (errno == ENOENT) {
        fprintf(stderr, "parlance: no tool \"%s\"\n",
                strrchr(path, '-') ? slash + 1 + strlen("parlance-") : path);
        return usage(stderr, 2);
    }
    fprintf(stderr, "parlance: %s: %s\n", path, strerror(errno));
    return 1;
}
