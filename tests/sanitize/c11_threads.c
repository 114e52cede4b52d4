// The thread sanitizer knows POSIX threads and not those of <threads.h>, on which librdkafka stands: a thread begun by
// thrd_create crashes in it, and what mtx_lock orders would be taken for races (google/sanitizers 1195,
// confluentinc/librdkafka 4929). These definitions come before the C library's and go by way of POSIX, on whose types
// glibc builds the others.
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "a mutex of <threads.h> has room for one of POSIX");
_Static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "a condition of <threads.h> has room for one of POSIX");
_Static_assert(sizeof(once_flag) >= sizeof(pthread_once_t), "a flag of <threads.h> has room for one of POSIX");

struct start {
  thrd_start_t function;
  void* argument;
};

static void* run(void* started) {
  const struct start start = *(struct start*)started;
  free(started);
  return (void*)(intptr_t)start.function(start.argument);
}

static int answer(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case ENOMEM:
      return thrd_nomem;
    case ETIMEDOUT:
      return thrd_timedout;
    case EBUSY:
      return thrd_busy;
    default:
      return thrd_error;
  }
}

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  struct start* start = malloc(sizeof *start);
  if (start == NULL) return thrd_nomem;
  *start = (struct start){function, argument};
  const int error = pthread_create(thread, NULL, run, start);
  if (error != 0) free(start);
  return answer(error);
}

int thrd_join(thrd_t thread, int* result) {
  void* returned = NULL;
  const int error = pthread_join(thread, &returned);
  if (error == 0 && result != NULL) *result = (int)(intptr_t)returned;
  return answer(error);
}

int thrd_detach(thrd_t thread) { return answer(pthread_detach(thread)); }

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if (type & mtx_recursive) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  const int error = pthread_mutex_init((pthread_mutex_t*)mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return answer(error);
}

void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy((pthread_mutex_t*)mutex); }
int mtx_lock(mtx_t* mutex) { return answer(pthread_mutex_lock((pthread_mutex_t*)mutex)); }
int mtx_trylock(mtx_t* mutex) { return answer(pthread_mutex_trylock((pthread_mutex_t*)mutex)); }
int mtx_unlock(mtx_t* mutex) { return answer(pthread_mutex_unlock((pthread_mutex_t*)mutex)); }

int cnd_init(cnd_t* condition) { return answer(pthread_cond_init((pthread_cond_t*)condition, NULL)); }
void cnd_destroy(cnd_t* condition) { pthread_cond_destroy((pthread_cond_t*)condition); }
int cnd_signal(cnd_t* condition) { return answer(pthread_cond_signal((pthread_cond_t*)condition)); }
int cnd_broadcast(cnd_t* condition) { return answer(pthread_cond_broadcast((pthread_cond_t*)condition)); }

int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return answer(pthread_cond_wait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex));
}

int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const struct timespec* until) {
  return answer(pthread_cond_timedwait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex, until));
}

void call_once(once_flag* flag, void (*function)(void)) { pthread_once((pthread_once_t*)flag, function); }
