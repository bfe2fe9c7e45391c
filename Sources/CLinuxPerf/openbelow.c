// For O_PATH.
#define _GNU_SOURCE
#include "clinuxperf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// For kernels and sandboxes without openat2: opens as usual, then asks where that ended.
static int open_and_check(const char *root, const char *path, int flags) {
  char joined[PATH_MAX], link[64], real_root[PATH_MAX], real_file[PATH_MAX];
  if ((size_t)snprintf(joined, sizeof joined, "%s/%s", root, path) >= sizeof joined)
    return -ENAMETOOLONG;
  if (!realpath(root, real_root)) return -errno;
  int fd = open(joined, flags);
  if (fd < 0) return -errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, real_file, sizeof real_file - 1);
  size_t prefix = strlen(real_root);
  if (length >= 0) real_file[length] = 0;
  if (length < 0 || strncmp(real_file, real_root, prefix) != 0 ||
      (prefix > 1 && real_file[prefix] != '/' && real_file[prefix] != 0)) {
    close(fd);
    return -EXDEV;
  }
  return fd;
}

int clinuxperf_open_below(const char *root, const char *path, int directory) {
  // Non-blocking, so that a pipe in the place of a file cannot hang the reader.
  int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (directory ? O_DIRECTORY : 0);
  while (*path == '/') path++;
  if (*path == 0) path = ".";
  int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root_fd < 0) return -errno;
  struct open_how how;
  memset(&how, 0, sizeof how);
  how.flags = (unsigned)flags;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof how);
  int failure = errno;
  close(root_fd);
  if (fd >= 0) return (int)fd;
  if (failure == ENOSYS || failure == EPERM) return open_and_check(root, path, flags);
  return -failure;
}
