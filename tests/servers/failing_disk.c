/* A disk that fails, for a process that has this library preloaded: of files below RTJ_DISK_BELOW reading, writing or forcing to
   the disk fails with EIO, or takes long, as the file RTJ_DISK_SAYS says at this moment: one byte for what fails ('-' nothing,
   'r' reading, 'w' writing, 'f' fsync, 's' fsync takes long), and one for how often, 255: always. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define SLOW_NS 400000000L

static const volatile unsigned char *says;
static const char *below;
static size_t below_length;
static atomic_ulong drawn;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("RTJ_DISK_SAYS");
    below = getenv("RTJ_DISK_BELOW");
    if (name == NULL || below == NULL) return;
    below_length = strlen(below);
    drawn = (unsigned long)getpid();
    int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    void *found = mmap(NULL, 2, PROT_READ, MAP_SHARED, file, 0);
    if (found != MAP_FAILED) says = found;
    close(file);
}

/* Is it the turn of this kind, for this file? */
static int strikes(char kind, int file) {
    if (says == NULL || says[0] != (unsigned char)kind) return 0;
    unsigned long next = atomic_fetch_add(&drawn, 1) * 6364136223846793005UL + 1442695040888963407UL;
    next ^= next >> 29;
    next *= 0xbf58476d1ce4e5b9UL;
    if (((next >> 33) & 255) > says[1]) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > (ssize_t)below_length && strncmp(path, below, below_length) == 0 && path[below_length] == '/';
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (real == NULL) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define FAILS(kind, file) \
    if (strikes(kind, file)) { \
        errno = EIO; \
        return -1; \
    }

ssize_t read(int file, void *to, size_t size) {
    REAL(ssize_t, "read", int, void *, size_t);
    FAILS('r', file)
    return real(file, to, size);
}

ssize_t pread(int file, void *to, size_t size, off_t at) {
    REAL(ssize_t, "pread", int, void *, size_t, off_t);
    FAILS('r', file)
    return real(file, to, size, at);
}

ssize_t pread64(int file, void *to, size_t size, off64_t at) {
    REAL(ssize_t, "pread64", int, void *, size_t, off64_t);
    FAILS('r', file)
    return real(file, to, size, at);
}

ssize_t write(int file, const void *from, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    FAILS('w', file)
    return real(file, from, size);
}

ssize_t pwrite(int file, const void *from, size_t size, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    FAILS('w', file)
    return real(file, from, size, at);
}

ssize_t pwrite64(int file, const void *from, size_t size, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    FAILS('w', file)
    return real(file, from, size, at);
}

static int forced(int file) {
    if (strikes('s', file)) {
        struct timespec time = {0, SLOW_NS};
        nanosleep(&time, NULL);
    }
    return strikes('f', file);
}

int fsync(int file) {
    REAL(int, "fsync", int);
    if (forced(file)) {
        errno = EIO;
        return -1;
    }
    return real(file);
}

int fdatasync(int file) {
    REAL(int, "fdatasync", int);
    if (forced(file)) {
        errno = EIO;
        return -1;
    }
    return real(file);
}
