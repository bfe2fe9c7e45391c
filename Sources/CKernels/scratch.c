#include "common.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct {
  float *pointer;
  long count;
} buffer;

static _Atomic(ck_allocation_failure) failure_handler;

void ck_on_allocation_failure(ck_allocation_failure handler) {
  atomic_store(&failure_handler, handler);
}

void allocation_failed(long bytes) {
  ck_allocation_failure handler = atomic_load(&failure_handler);
  if (handler) handler(bytes);
  abort();
}

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local buffer *slots;

static void release(void *pointer) {
  buffer *owned = pointer;
  for (int slot = 0; slot < SCRATCH_SLOTS; slot++) free(owned[slot].pointer);
  free(owned);
}

static void create_key(void) { pthread_key_create(&key, release); }

float *scratch(int slot, long count) {
  if (!slots) {
    pthread_once(&once, create_key);
    slots = calloc(SCRATCH_SLOTS, sizeof(buffer));
    if (!slots) allocation_failed(SCRATCH_SLOTS * (long)sizeof(buffer));
    pthread_setspecific(key, slots);  // freed when the thread ends
  }
  buffer *own = &slots[slot];
#if __has_feature(address_sanitizer)
  // Exactly as asked for, so that a float too far is seen.
  const int fits = own->count == count;
  const long grown = count;
#else
  const int fits = own->count >= count;
  const long grown = (count + count / 2 + 1023) / 1024 * 1024;
#endif
  if (!fits) {
    free(own->pointer);
    void *memory = NULL;
    if (posix_memalign(&memory, 64, (size_t)grown * sizeof(float)))
      allocation_failed(grown * (long)sizeof(float));
    own->pointer = memory;
    own->count = grown;
  }
  return own->pointer;
}
