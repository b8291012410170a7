/* standalone.c - runs a fuzz target over the files of a directory, once each,
 * so that what a fuzzer has found is an ordinary test wherever there is no
 * fuzzer. A directory that is missing or empty is an error: a corpus that is
 * not run proves nothing. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_BYTES_MAX (8u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all of |fd| into memory of exactly its size, so that a read past the
 * end is seen by the sanitizer. */
static uint8_t *read_all(int fd, size_t *size) {
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size > (off_t)INPUT_BYTES_MAX)
        return NULL;
    *size = (size_t)status.st_size;
    uint8_t *data = malloc(*size > 0 ? *size : 1);
    size_t done = 0;
    while (data && done < *size) {
        ssize_t got = read(fd, data + done, *size - done);
        if (got <= 0) {
            free(data);
            return NULL;
        }
        done += (size_t)got;
    }
    return data;
}

/* Returns whether the file was run. */
static int run_file(int directory, const char *name) {
    size_t size = 0;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    uint8_t *data = read_all(fd, &size);
    close(fd);
    if (!data)
        return 0;
    /* Should the target crash, the last name on stderr is the culprit. */
    fprintf(stderr, "%s (%zu bytes)\n", name, size);
    int result = LLVMFuzzerTestOneInput(data, size);
    free(data);
    return result == 0;
}

int main(int argc, char **argv) {
    size_t count = 0, failed = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    DIR *directory = opendir(argv[1]);
    if (!directory) {
        perror(argv[1]);
        return 1;
    }
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        if (!run_file(dirfd(directory), entry->d_name)) {
            fprintf(stderr, "%s: cannot be run\n", entry->d_name);
            failed++;
        }
    }
    closedir(directory);
    fprintf(stderr, "%zu files, %zu failed\n", count, failed);
    return count > 0 && failed == 0 ? 0 : 1;
}
