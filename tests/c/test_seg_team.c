/* The team: every task once, the lowest failure wins, a stop is felt, nothing is left behind. */
#ifndef _WIN32
#include <pthread.h>
#include <signal.h>
#endif
#include <time.h>

#include "seg_team.h"
#include "seg_test.h"

enum { TASKS = 200 };

typedef struct team_log {
    atomic_int runs[TASKS];
    atomic_int polls, foreign_polls;
    atomic_int others; /* tasks begun by threads that are not the caller's */
    int stop_at_poll;  /* 0: never */
    int fails[TASKS];
    int spin;
    double last_done;
} team_log;

static _Thread_local int on_callers_thread;

static int
count_poll(void *user, double done)
{
    team_log *seen = user;
    int number = atomic_fetch_add(&seen->polls, 1) + 1;
    atomic_fetch_add(&seen->foreign_polls, !on_callers_thread);
    CHECK(done >= 0 && done <= 1);
    seen->last_done = done;
    return seen->stop_at_poll != 0 && number >= seen->stop_at_poll;
}

/* Some work that the compiler keeps. */
static void
spin(int rounds)
{
    volatile uint64_t sink = 1;
    for (int i = 0; i < rounds; i++) {
        sink = sink * 3 + (uint64_t)i;
    }
}

static seg_status
note(struct seg_team *team, seg_len task, void *arg)
{
    team_log *seen = arg;
    atomic_fetch_add(&seen->runs[task], 1);
    for (int chunk = 0; chunk < seen->spin; chunk++) {
        if (seg_team_stopped(team, task, (double)chunk / seen->spin)) {
            return SEG_ERR_CANCELLED;
        }
        spin(200);
    }
    return seen->fails[task] ? (seg_status)seen->fails[task] : SEG_OK;
}

static seg_status
run(team_log *seen, int n_threads, seg_len n_tasks)
{
    seg_context ctx = {.n_threads = n_threads, .poll = count_poll, .user = seen};
    on_callers_thread = 1;
    return seg_team_run(&ctx, n_tasks, note, seen);
}

static const int sizes[] = {-1, 0, 1, 2, 3, 8, 300};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void
every_task_runs_once(void)
{
    for (int s = 0; s < SIZES; s++) {
        for (seg_len n = 0; n <= TASKS; n = n < 4 ? n + 1 : n * 7) {
            team_log seen = {.spin = 1};
            CHECK_INT(run(&seen, sizes[s], n), SEG_OK);
            for (seg_len t = 0; t < TASKS; t++) {
                CHECK_INT(atomic_load(&seen.runs[t]), t < n);
            }
            CHECK_INT(atomic_load(&seen.foreign_polls), 0);
        }
    }
}

/* Whatever the threads do, the answer is that of one thread: the lowest task that fails. */
static void
the_lowest_failure_wins(void)
{
    for (int round = 0; round < 30; round++) {
        for (int s = 2; s < SIZES - (round > 0); s++) { /* hundreds of threads once */
            team_log seen = {.spin = 3};
            seen.fails[150] = SEG_ERR_NOMEM;
            seen.fails[41] = SEG_ERR_MONEY;
            seen.fails[40] = SEG_ERR_DATE;
            seen.fails[42] = SEG_ERR_CODE;
            CHECK_INT(run(&seen, sizes[s], TASKS), SEG_ERR_DATE);
            for (seg_len t = 0; t <= 40; t++) {
                CHECK_INT(atomic_load(&seen.runs[t]), 1);
            }
        }
    }
}

/* A task that fails late still outweighs a later task that failed at once. */
static seg_status
late_or_at_once(struct seg_team *team, seg_len task, void *arg)
{
    (void)arg;
    for (int chunk = 0; task == 0 && chunk < 300; chunk++) {
        if (seg_team_stopped(team, task, 0)) {
            return SEG_ERR_CANCELLED;
        }
        spin(500);
    }
    return task == 0 ? SEG_ERR_DATE : SEG_ERR_CODE;
}

static void
a_late_failure_of_an_earlier_task_wins(void)
{
    for (int round = 0; round < 20; round++) {
        for (int n_threads = 1; n_threads <= 4; n_threads++) {
            seg_context ctx = {.n_threads = n_threads};
            CHECK_INT(seg_team_run(&ctx, 4, late_or_at_once, NULL), SEG_ERR_DATE);
        }
    }
}

static void
a_stop_is_felt_everywhere(void)
{
    for (int s = 0; s < SIZES - 1; s++) {
        team_log seen = {.spin = 1 << 30, .stop_at_poll = 3}; /* would run for hours */
        CHECK_INT(run(&seen, sizes[s], TASKS), SEG_ERR_CANCELLED);
        CHECK_INT(atomic_load(&seen.foreign_polls), 0);
    }
}

/* Waits until the count is reached, for half a minute at most. */
static void
await(atomic_int *count, int wanted)
{
    time_t end = time(NULL) + 30;
    while (atomic_load(count) < wanted && time(NULL) < end) {
        spin(1000);
    }
}

/* Two tasks that never ask. The caller's thread ends its own only when the other thread has begun
 * one, which lasts until the caller, who has nothing else to do, has polled three times. */
static seg_status
wait_for_polls(struct seg_team *team, seg_len task, void *arg)
{
    team_log *seen = arg;
    (void)team;
    (void)task;
    if (on_callers_thread) {
        await(&seen->others, 1);
    } else {
        atomic_fetch_add(&seen->others, 1);
        await(&seen->polls, 3);
    }
    return SEG_OK;
}

static void
the_caller_polls_while_it_waits(void)
{
    team_log seen = {.spin = 0};
    seg_context ctx = {.n_threads = 2, .poll = count_poll, .user = &seen};
    on_callers_thread = 1;
    CHECK_INT(seg_team_run(&ctx, 2, wait_for_polls, &seen), SEG_OK);
    CHECK(atomic_load(&seen.others) >= 1);
    CHECK(atomic_load(&seen.polls) >= 3);
    CHECK_INT(atomic_load(&seen.foreign_polls), 0);
}

#ifndef _WIN32
static seg_status
look_at_the_thread(struct seg_team *team, seg_len task, void *arg)
{
    (void)team;
    (void)task;
    sigset_t blocked;
    if (!on_callers_thread) {
        CHECK(pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0);
        CHECK(sigismember(&blocked, SIGINT) == 1 && sigismember(&blocked, SIGTERM) == 1);
    }
    char room[600000]; /* fits the stack a thread asked for */
    memset(room, (int)task, sizeof room);
    atomic_fetch_add((atomic_int *)arg, room[599999] == (char)task);
    return SEG_OK;
}

static void
other_threads_leave_signals_to_the_caller(void)
{
    sigset_t before, after;
    atomic_int done = 0;
    seg_context ctx = {.n_threads = 4};
    on_callers_thread = 1;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &before) == 0);
    CHECK_INT(seg_team_run(&ctx, 64, look_at_the_thread, &done), SEG_OK);
    CHECK_INT(atomic_load(&done), 64);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0);
    for (int s = 1; s < 32; s++) {
        CHECK_INT(sigismember(&before, s), sigismember(&after, s));
    }
}
#endif

/* A task may run a team of its own. */
static seg_status
team_in_a_team(struct seg_team *team, seg_len task, void *arg)
{
    team_log *inner = (team_log *)arg + task;
    seg_context ctx = {.n_threads = 2};
    (void)team;
    return seg_team_run(&ctx, 10, note, inner);
}

static void
teams_know_nothing_of_each_other(void)
{
    static team_log inner[4];
    seg_context ctx = {.n_threads = 3};
    CHECK_INT(seg_team_run(&ctx, 4, team_in_a_team, inner), SEG_OK);
    for (int t = 0; t < 4; t++) {
        for (int i = 0; i < 10; i++) {
            CHECK_INT(atomic_load(&inner[t].runs[i]), 1);
        }
    }
}

SEG_CASES(CASE(every_task_runs_once),
          CASE(the_lowest_failure_wins),
          CASE(a_late_failure_of_an_earlier_task_wins),
          CASE(a_stop_is_felt_everywhere),
          CASE(the_caller_polls_while_it_waits),
#ifndef _WIN32
          CASE(other_threads_leave_signals_to_the_caller),
#endif
          CASE(teams_know_nothing_of_each_other))
