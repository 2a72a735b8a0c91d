/* The team where threads cannot be started: smaller, with the same answers. Compiled here from the
 * same text, but for the calls that may be refused. */
#if defined(__APPLE__) && !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE
#endif
#include <errno.h>
#ifdef _WIN32
#include <process.h>
#include <windows.h>
#else
#include <pthread.h>
#include <signal.h>
#endif

#include "seg_test.h"

static int starts_left, starts_asked;

static int
may(int *left)
{
    return (*left)-- > 0;
}

#ifdef _WIN32
static uintptr_t
limited_start(void *security,
              unsigned stack,
              unsigned(__stdcall *body)(void *),
              void *arg,
              unsigned flags,
              unsigned *id)
{
    starts_asked++;
    return may(&starts_left) ? _beginthreadex(security, stack, body, arg, flags, id) : 0;
}
#define _beginthreadex limited_start
#else
static int locks_left = 1000, conditions_left = 1000;

static int
limited_start(pthread_t *thread, const pthread_attr_t *attr, void *(*body)(void *), void *arg)
{
    starts_asked++;
    return may(&starts_left) ? pthread_create(thread, attr, body, arg) : EAGAIN;
}

static int
limited_lock(pthread_mutex_t *lock, const pthread_mutexattr_t *attr)
{
    return may(&locks_left) ? pthread_mutex_init(lock, attr) : ENOMEM;
}

static int
limited_condition(pthread_cond_t *condition, const pthread_condattr_t *attr)
{
    return may(&conditions_left) ? pthread_cond_init(condition, attr) : ENOMEM;
}
#define pthread_create limited_start
#define pthread_mutex_init limited_lock
#define pthread_cond_init limited_condition
#endif
#define seg_team_run small_team_run
#define seg_team_stopped small_team_stopped
#define seg_team_share small_team_share
#include "seg_team.c"

enum { TASKS = 50 };

typedef struct team_log {
    atomic_int runs[TASKS];
    int fails[TASKS];
    int stop; /* the poll asks to stop */
} team_log;

static int
poll_log(void *user, double done)
{
    const team_log *seen = user;
    CHECK(done >= 0 && done <= 1);
    return seen->stop;
}

static seg_status
note(struct seg_team *team, seg_len task, void *arg)
{
    team_log *seen = arg;
    atomic_fetch_add(&seen->runs[task], 1);
    return small_team_stopped(team, task, 0.5) ? SEG_ERR_CANCELLED : (seg_status)seen->fails[task];
}

static seg_status
run(team_log *seen, int n_threads, int starts)
{
    seg_context ctx = {.n_threads = n_threads, .poll = poll_log, .user = seen};
    starts_left = starts;
    starts_asked = 0;
    return small_team_run(&ctx, TASKS, note, seen);
}

static void
every_task_runs_once_however_few_threads_start(void)
{
    static const int sizes[] = {1, 2, 3, 8, 300};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int starts = 0; starts < 10; starts++) {
            team_log seen = {.stop = 0};
            int wanted = (sizes[s] < TASKS ? sizes[s] : TASKS) - 1;
            CHECK_INT(run(&seen, sizes[s], starts), SEG_OK);
            for (int t = 0; t < TASKS; t++) {
                CHECK_INT(atomic_load(&seen.runs[t]), 1);
            }
            /* one refusal is answer enough */
            CHECK_INT(starts_asked, starts < wanted ? starts + 1 : wanted);
        }
    }
}

static void
failures_and_stops_are_those_of_a_whole_team(void)
{
    for (int starts = 0; starts < 4; starts++) {
        team_log seen = {.stop = 0};
        seen.fails[30] = SEG_ERR_DATE;
        seen.fails[31] = SEG_ERR_CODE;
        CHECK_INT(run(&seen, 8, starts), SEG_ERR_DATE);
        for (int t = 0; t <= 30; t++) {
            CHECK_INT(atomic_load(&seen.runs[t]), 1);
        }
    }
    team_log stopped = {.stop = 1};
    CHECK_INT(run(&stopped, 8, 0), SEG_ERR_CANCELLED);
    CHECK_INT(atomic_load(&stopped.runs[0]), 1);
    CHECK_INT(atomic_load(&stopped.runs[1]), 0);
}

#ifndef _WIN32
static void
a_refusal_leaves_the_signals_as_they_were(void)
{
    sigset_t before, after;
    team_log seen = {.stop = 0};
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &before) == 0);
    CHECK_INT(run(&seen, 4, 0), SEG_OK);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0);
    for (int s = 1; s < 32; s++) {
        CHECK_INT(sigismember(&before, s), sigismember(&after, s));
    }
}

static void
without_a_lock_nothing_runs(void)
{
    int *const left[] = {&locks_left, &conditions_left};
    for (int i = 0; i < 2; i++) {
        team_log seen = {.stop = 0};
        *left[i] = 0;
        CHECK_INT(run(&seen, 4, 3), SEG_ERR_NOMEM);
        *left[i] = 1000;
        CHECK_INT(starts_asked, 0);
        for (int t = 0; t < TASKS; t++) {
            CHECK_INT(atomic_load(&seen.runs[t]), 0);
        }
    }
}
#endif

SEG_CASES(CASE(every_task_runs_once_however_few_threads_start),
#ifndef _WIN32
          CASE(a_refusal_leaves_the_signals_as_they_were),
          CASE(without_a_lock_nothing_runs),
#endif
          CASE(failures_and_stops_are_those_of_a_whole_team))
