// Loaded into a program (LD_PRELOAD), it shifts that program's real clock by as many
// milliseconds as stand in the file CLOCK_SHIFT_FILE, now, as a 64-bit number. The
// monotonic clock, by which timers wait, goes on as it is: so does a machine whose clock
// is set. (libfaketime does the same with much more around it, which workerd's threads
// would have to be kept out of one by one.)
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift;

__attribute__((constructor)) static void find_shift(void) {
  const char *path = getenv("CLOCK_SHIFT_FILE");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) shift = page;
  close(file);
}

// Whole seconds are enough for a test, and leave the fraction alone.
static time_t seconds(void) { return shift ? *shift / 1000 : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  int failed = syscall(SYS_clock_gettime, clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += seconds();
  return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
  int failed = syscall(SYS_gettimeofday, now, zone);
  if (!failed) now->tv_sec += seconds();
  return failed;
}
