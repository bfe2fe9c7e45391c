#pragma once
// perf_event_open(2) and libpfm4 behind plain integers: the attribute's bit fields and the pfm
// argument do not import into Swift. Every function returns a negative errno (or pfm code) on failure.
#include <stdint.h>

struct clinuxperf_event {
  uint32_t type;
  uint64_t config;
  uint64_t config1;
  uint64_t config2;
  int32_t exclude_user;
  int32_t exclude_kernel;
  int32_t exclude_hv;
};

// Opens `event` on a thread (pid -1: all) and a processor (cpu -1: any). group_fd -1 starts a group.
// grouped != 0 asks for read_format GROUP|ID|TOTAL_TIME_ENABLED|TOTAL_TIME_RUNNING, else for none.
int clinuxperf_open(const struct clinuxperf_event *event, int pid, int cpu, int group_fd,
                    int disabled, int inherit, int grouped);

// The identifier that a group read reports beside this event's value.
int clinuxperf_identifier(int fd, uint64_t *identifier);

// operation: 0 enable, 1 disable, 2 reset; applied to the whole group of `fd`.
int clinuxperf_control(int fd, int operation);

// Fills the event of a libpfm4 name for user space; 0, or a negative pfm code.
int clinuxperf_encode(const char *name, struct clinuxperf_event *event);

// The words for a code that clinuxperf_encode returned.
const char *clinuxperf_encoding_message(int code);

// Opens a path for reading below a folder, which stands for "/": absolute links and ".." stay
// inside it. directory != 0 opens a folder, else whatever is there, without blocking.
int clinuxperf_open_below(const char *root, const char *path, int directory);
