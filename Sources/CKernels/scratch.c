#include "common.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct {
  float *pointer;
  long count;
} buffer;

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
    if (!slots) abort();
    pthread_setspecific(key, slots);  // freed when the thread ends
  }
  buffer *own = &slots[slot];
  if (own->count < count) {
    long grown = (count + count / 2 + 1023) / 1024 * 1024;
    free(own->pointer);
    own->pointer = aligned_alloc(64, (size_t)grown * sizeof(float));
    if (!own->pointer) abort();
    own->count = grown;
  }
  return own->pointer;
}
