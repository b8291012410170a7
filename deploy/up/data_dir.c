/* data_dir.c - see data_dir.h. */
#include "deploy/up/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_BYTES 32u

bool data_dir_file(const struct data_dir *dir, const char *name, char *out,
                   size_t size) {
    int length = snprintf(out, size, "%s/%s", dir->path, name);
    return length > 0 && (size_t)length < size;
}

enum err data_dir_write(const struct data_dir *dir, const char *name,
                        struct slice content) {
    char path[PATH_MAX];
    char next[PATH_MAX];
    char next_name[NAME_MAX];
    snprintf(next_name, sizeof next_name, "%s.new", name);
    if (!data_dir_file(dir, name, path, sizeof path) ||
        !data_dir_file(dir, next_name, next, sizeof next))
        return ERR_LIMIT;
    int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_IO;
    bool good =
        write(fd, content.data, content.size) == (ssize_t)content.size &&
        fsync(fd) == 0;
    good = close(fd) == 0 && good;
    return good && rename(next, path) == 0 ? ERR_OK : ERR_IO;
}

bool data_dir_read_line(const struct data_dir *dir, const char *name, char *out,
                        size_t size) {
    char path[PATH_MAX];
    if (!data_dir_file(dir, name, path, sizeof path))
        return false;
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool good = fgets(out, (int)size, file) != NULL;
    fclose(file);
    if (good)
        out[strcspn(out, "\n")] = '\0';
    return good && *out;
}

/* A file with a random secret in hex, if it is not there yet. */
static enum err make_secret(const struct data_dir *dir, const char *name) {
    static const char hex[] = "0123456789abcdef";
    char path[PATH_MAX];
    unsigned char bytes[SECRET_BYTES];
    char text[2 * SECRET_BYTES + 1];
    if (!data_dir_file(dir, name, path, sizeof path))
        return ERR_LIMIT;
    if (access(path, F_OK) == 0)
        return ERR_OK;
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return ERR_IO;
    for (size_t i = 0; i < SECRET_BYTES; i++) {
        text[2 * i] = hex[bytes[i] >> 4];
        text[2 * i + 1] = hex[bytes[i] & 15];
    }
    text[2 * SECRET_BYTES] = '\n';
    return data_dir_write(dir, name, (struct slice){text, sizeof text});
}

/* mkdir -p, the last one for us alone. */
static bool make_directories(const char *path) {
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    for (char *at = copy + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(copy, 0755) != 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    return mkdir(copy, 0700) == 0 || errno == EEXIST;
}

static enum err open_lock(struct data_dir *dir) {
    char path[PATH_MAX];
    if (!data_dir_file(dir, "up.lock", path, sizeof path))
        return ERR_LIMIT;
    dir->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (dir->lock < 0)
        return ERR_IO;
    if (flock(dir->lock, LOCK_EX | LOCK_NB) == 0)
        return ERR_OK;
    return errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
}

enum err data_dir_open(struct data_dir *dir, const char *path, char *what) {
    static const char *const folders[] = {"log", "run", "store"};
    char resolved[PATH_MAX];
    dir->lock = -1;
    snprintf(what, 64, "the directory");
    if (!make_directories(path) || !realpath(path, resolved))
        return ERR_IO;
    snprintf(dir->path, sizeof dir->path, "%s", resolved);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char folder[PATH_MAX];
        if (!data_dir_file(dir, folders[i], folder, sizeof folder) ||
            !make_directories(folder))
            return ERR_IO;
    }
    snprintf(what, 64, "up.lock");
    enum err err = open_lock(dir);
    if (err != ERR_OK)
        return err;
    snprintf(what, 64, "jwt-secret");
    if ((err = make_secret(dir, "jwt-secret")) != ERR_OK)
        return err;
    snprintf(what, 64, "api-keys");
    return make_secret(dir, "api-keys");
}

void data_dir_close(struct data_dir *dir) {
    if (dir->lock >= 0)
        close(dir->lock);
    dir->lock = -1;
}
