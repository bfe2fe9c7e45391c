#include "common.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() ((void)0)
#endif

// A product at batch 1 takes some ten microseconds, less than it takes to wake a thread: helpers
// spin for the next piece of work, and sleep only where none comes for a while. The caller yields
// where a helper does not answer: it may be waiting for this very processor.
enum { HELPER_SPINS = 4000, CALLER_SPINS = 4000 };

struct ck_team {
  long workers;
  pthread_t *threads;
  ck_team_work work;
  void *context;
  // On cache lines of their own: every spinning helper reads the first.
  _Alignas(64) atomic_long generation;
  _Alignas(64) atomic_long finished;
  atomic_long sleeping;
  atomic_int ended;
  pthread_mutex_t lock;
  pthread_cond_t wake;
};

typedef struct {
  ck_team *team;
  long index;
} helper;

static void wait_for_work(ck_team *team, long seen) {
  for (long spins = 0; spins < HELPER_SPINS; spins++) {
    if (atomic_load_explicit(&team->generation, memory_order_acquire) != seen) return;
    PAUSE();
  }
  pthread_mutex_lock(&team->lock);
  // Announced before the generation is read again: either this thread sees the new work, or the
  // caller sees the sleeper.
  atomic_fetch_add(&team->sleeping, 1);
  while (atomic_load(&team->generation) == seen) pthread_cond_wait(&team->wake, &team->lock);
  atomic_fetch_sub(&team->sleeping, 1);
  pthread_mutex_unlock(&team->lock);
}

static void *help(void *argument) {
  const helper self = *(helper *)argument;
  free(argument);
  ck_team *team = self.team;
  for (long seen = 0;; seen++) {
    wait_for_work(team, seen);
    if (atomic_load(&team->ended)) return NULL;
    team->work(team->context, self.index, team->workers);
    atomic_fetch_add_explicit(&team->finished, 1, memory_order_release);
  }
}

static void announce(ck_team *team) {
  atomic_fetch_add(&team->generation, 1);
  if (!atomic_load(&team->sleeping)) return;
  pthread_mutex_lock(&team->lock);
  pthread_cond_broadcast(&team->wake);
  pthread_mutex_unlock(&team->lock);
}

ck_team *ck_team_create(long workers) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, sizeof(ck_team))) allocation_failed(sizeof(ck_team));
  ck_team *team = memory;
  memset(team, 0, sizeof(ck_team));
  pthread_mutex_init(&team->lock, NULL);
  pthread_cond_init(&team->wake, NULL);
  team->threads = calloc((size_t)workers, sizeof(pthread_t));
  if (!team->threads) allocation_failed(workers * (long)sizeof(pthread_t));
  team->workers = 1;
  for (long index = 1; index < workers; index++) {
    helper *argument = malloc(sizeof(helper));
    if (!argument) allocation_failed(sizeof(helper));
    *argument = (helper){.team = team, .index = index};
    // Where the system gives no more threads, the team is smaller.
    if (pthread_create(&team->threads[index], NULL, help, argument)) {
      free(argument);
      break;
    }
    team->workers = index + 1;
  }
  return team;
}

void ck_team_run(ck_team *team, ck_team_work work, void *context) {
  if (team->workers > 1) {
    team->work = work;
    team->context = context;
    atomic_store_explicit(&team->finished, 0, memory_order_relaxed);
    announce(team);
  }
  work(context, 0, team->workers);
  for (long spins = 0;
       atomic_load_explicit(&team->finished, memory_order_acquire) < team->workers - 1; spins++) {
    if (spins < CALLER_SPINS)
      PAUSE();
    else
      sched_yield();
  }
}

void ck_team_destroy(ck_team *team) {
  atomic_store(&team->ended, 1);
  announce(team);
  for (long index = 1; index < team->workers; index++) pthread_join(team->threads[index], NULL);
  pthread_mutex_destroy(&team->lock);
  pthread_cond_destroy(&team->wake);
  free(team->threads);
  free(team);
}

typedef struct {
  const ck_attention_geometry *geometry;
  const ck_attention_inputs *inputs;
  float *output;
  long output_stride;
  _Alignas(64) atomic_long next;  // the first key head that no worker has claimed
} attention_pass;

// Each worker claims one key head after another, with the query heads that read it.
static void attend_share(void *context, long index, long workers) {
  attention_pass *all = context;
  const ck_attention_geometry *whole = all->geometry;
  const long group = whole->query_heads / whole->key_value_heads;
  (void)index, (void)workers;
  for (;;) {
    const long head = atomic_fetch_add_explicit(&all->next, 1, memory_order_relaxed);
    if (head >= whole->key_value_heads) return;
    ck_attention_geometry geometry = *whole;
    ck_attention_inputs inputs = *all->inputs;
    geometry.key_value_heads = 1;
    geometry.query_heads = group;
    inputs.queries += head * group * geometry.head_size;
    inputs.keys += head * geometry.head_size;
    inputs.values += head * geometry.value_head_size;
    if (inputs.prefix_keys) inputs.prefix_keys += head * geometry.head_size;
    if (inputs.prefix_values) inputs.prefix_values += head * geometry.value_head_size;
    ck_attention_forward(&geometry, &inputs,
                         all->output + head * group * geometry.value_head_size,
                         all->output_stride, NULL);
  }
}

void ck_attention_forward_team(ck_team *team, const ck_attention_geometry *geometry,
                               const ck_attention_inputs *inputs, float *output,
                               long output_stride) {
  attention_pass all = {
      .geometry = geometry, .inputs = inputs, .output = output, .output_stride = output_stride};
  ck_team_run(team, attend_share, &all);
}
