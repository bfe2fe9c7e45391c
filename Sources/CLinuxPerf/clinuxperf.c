#include "clinuxperf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinuxperf_open(const struct clinuxperf_event *event, int pid, int cpu, int group_fd,
                    int disabled, int inherit, int grouped) {
  struct perf_event_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.size = sizeof attr;
  attr.type = event->type;
  attr.config = event->config;
  attr.config1 = event->config1;
  attr.config2 = event->config2;
  attr.exclude_user = event->exclude_user != 0;
  attr.exclude_kernel = event->exclude_kernel != 0;
  attr.exclude_hv = event->exclude_hv != 0;
  attr.disabled = disabled != 0;
  attr.inherit = inherit != 0;
  if (grouped)
    attr.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED |
                       PERF_FORMAT_TOTAL_TIME_RUNNING;
  long fd = syscall(SYS_perf_event_open, &attr, pid, cpu, group_fd, PERF_FLAG_FD_CLOEXEC);
  return fd < 0 ? -errno : (int)fd;
}

int clinuxperf_identifier(int fd, uint64_t *identifier) {
  return ioctl(fd, PERF_EVENT_IOC_ID, identifier) < 0 ? -errno : 0;
}

int clinuxperf_control(int fd, int operation) {
  static const unsigned long requests[] = {PERF_EVENT_IOC_ENABLE, PERF_EVENT_IOC_DISABLE,
                                           PERF_EVENT_IOC_RESET};
  if (operation < 0 || operation > 2) return -EINVAL;
  return ioctl(fd, requests[operation], PERF_IOC_FLAG_GROUP) < 0 ? -errno : 0;
}

int clinuxperf_encode(const char *name, struct clinuxperf_event *event) {
  int code = pfm_initialize();
  if (code != PFM_SUCCESS) return code;
  struct perf_event_attr attr;
  pfm_perf_encode_arg_t argument;
  char *full_name = NULL;
  memset(&attr, 0, sizeof attr);
  memset(&argument, 0, sizeof argument);
  argument.size = sizeof argument;
  argument.attr = &attr;
  argument.fstr = &full_name;
  code = pfm_get_os_event_encoding(name, PFM_PLM3, PFM_OS_PERF_EVENT_EXT, &argument);
  free(full_name);
  if (code != PFM_SUCCESS) return code;
  event->type = attr.type;
  event->config = attr.config;
  event->config1 = attr.config1;
  event->config2 = attr.config2;
  event->exclude_user = attr.exclude_user;
  event->exclude_kernel = attr.exclude_kernel;
  event->exclude_hv = attr.exclude_hv;
  return 0;
}

const char *clinuxperf_encoding_message(int code) { return pfm_strerror(code); }
