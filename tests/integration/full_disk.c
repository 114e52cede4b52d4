/* Preloaded into a program, makes the disk full for some of its files: once FULL_DISK_AFTER bytes have been written to
 * files whose name contains FULL_DISK_FILES, every further write to them fails with ENOSPC. No privileges, no mounts. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long long written;

static int names_it(int file) {
  const char* wanted = getenv("FULL_DISK_FILES");
  char link[64];
  char path[4096];
  if (wanted == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return 0;
  path[size] = 0;
  const char* name = strrchr(path, '/');
  const size_t name_size = name == NULL ? 0 : strlen(name);
  const size_t wanted_size = strlen(wanted);
  return name_size >= wanted_size && strncmp(name, "/pipe:", 6) != 0 && strstr(name, wanted) != NULL;
}

static int is_full(int file, size_t size) {
  const char* after = getenv("FULL_DISK_AFTER");
  if (!names_it(file)) return 0;
  if (__atomic_add_fetch(&written, (long long)size, __ATOMIC_SEQ_CST) <= atoll(after == NULL ? "0" : after)) return 0;
  errno = ENOSPC;
  return 1;
}

ssize_t write(int file, const void* bytes, size_t size) {
  static ssize_t (*real)(int, const void*, size_t);
  if (real == NULL) real = (ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write");
  return is_full(file, size) ? -1 : real(file, bytes, size);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  static ssize_t (*real)(int, const void*, size_t, off_t);
  if (real == NULL) real = (ssize_t(*)(int, const void*, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
  return is_full(file, size) ? -1 : real(file, bytes, size, at);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  static ssize_t (*real)(int, const void*, size_t, off64_t);
  if (real == NULL) real = (ssize_t(*)(int, const void*, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
  return is_full(file, size) ? -1 : real(file, bytes, size, at);
}
