#if defined(__APPLE__) && !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE /* pthread_cond_timedwait_relative_np */
#endif
#include "seg_team.h"

#ifdef _WIN32
#include <process.h>
#include <windows.h>
typedef CRITICAL_SECTION team_lock;
typedef CONDITION_VARIABLE team_signal;
typedef HANDLE team_thread;
#define BODY_RESULT unsigned __stdcall
#else
#include <pthread.h>
#include <signal.h>
#include <time.h>
typedef pthread_mutex_t team_lock;
typedef pthread_cond_t team_signal;
typedef pthread_t team_thread;
#define BODY_RESULT void *
#endif

enum { MAX_THREADS = 256, STACK_BYTES = 1 << 20, WAIT_MS = 20 };

struct seg_team {
    const seg_context *ctx;
    seg_task task;
    void *arg;
    seg_len n_tasks, next, done; /* tasks: all, begun, ended */
    seg_len failed;              /* the lowest failed task, n_tasks if none */
    seg_status status;           /* of the task `failed`, SEG_OK if none */
    double shown;                /* the share last polled with: it never falls */
    int cancelled;
    int n_threads;
    team_lock lock; /* guards everything below ctx, task and arg */
    team_signal ended;
#ifdef _WIN32
    DWORD caller;
#else
    pthread_t caller;
#endif
};

#ifdef _WIN32
static void
lock(struct seg_team *t)
{
    EnterCriticalSection(&t->lock);
}
static void
unlock(struct seg_team *t)
{
    LeaveCriticalSection(&t->lock);
}
static void
wake(struct seg_team *t)
{
    WakeConditionVariable(&t->ended);
}
static void
wait_a_little(struct seg_team *t)
{
    SleepConditionVariableCS(&t->ended, &t->lock, WAIT_MS);
}
static int
is_caller(const struct seg_team *t)
{
    return GetCurrentThreadId() == t->caller;
}
static int
open_team(struct seg_team *t)
{
    t->caller = GetCurrentThreadId();
    InitializeCriticalSection(&t->lock);
    InitializeConditionVariable(&t->ended);
    return 1;
}
static void
close_team(struct seg_team *t)
{
    DeleteCriticalSection(&t->lock);
}
#else
static void
lock(struct seg_team *t)
{
    (void)pthread_mutex_lock(&t->lock);
}
static void
unlock(struct seg_team *t)
{
    (void)pthread_mutex_unlock(&t->lock);
}
static void
wake(struct seg_team *t)
{
    (void)pthread_cond_signal(&t->ended);
}
/* The wait is told by a clock that nobody sets: one that is set back would let it last for hours.
 * macOS has no such clock for conditions, but waits for a span of time. */
#ifdef __APPLE__
static int
open_signal(team_signal *s)
{
    return pthread_cond_init(s, NULL) == 0;
}
static void
wait_a_little(struct seg_team *t)
{
    struct timespec little = {.tv_nsec = WAIT_MS * 1000000L};
    (void)pthread_cond_timedwait_relative_np(&t->ended, &t->lock, &little);
}
#else
static int
open_signal(team_signal *s)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0) {
        return 0;
    }
    int opened =
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(s, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    return opened;
}
static void
wait_a_little(struct seg_team *t)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec += 1;
        until.tv_nsec -= 1000000000L;
    }
    (void)pthread_cond_timedwait(&t->ended, &t->lock, &until);
}
#endif
static int
is_caller(const struct seg_team *t)
{
    return pthread_equal(pthread_self(), t->caller);
}
static int
open_team(struct seg_team *t)
{
    t->caller = pthread_self();
    if (pthread_mutex_init(&t->lock, NULL) != 0) {
        return 0;
    }
    if (!open_signal(&t->ended)) {
        (void)pthread_mutex_destroy(&t->lock);
        return 0;
    }
    return 1;
}
static void
close_team(struct seg_team *t)
{
    (void)pthread_cond_destroy(&t->ended);
    (void)pthread_mutex_destroy(&t->lock);
}
#endif

/* Takes tasks until none is left or the team stops. */
static void
work(struct seg_team *team)
{
    lock(team);
    while (team->next < team->n_tasks && team->status == SEG_OK && !team->cancelled) {
        seg_len mine = team->next++;
        unlock(team);
        seg_status status = team->task(team, mine, team->arg);
        lock(team);
        team->done++;
        if (status != SEG_OK && mine < team->failed) {
            team->failed = mine;
            team->status = status;
        }
    }
    unlock(team);
}

static BODY_RESULT
thread_body(void *arg)
{
    struct seg_team *team = arg;
    work(team);
    lock(team);
    team->n_threads--;
    wake(team);
    unlock(team);
    return 0;
}

#ifdef _WIN32
static int
start(struct seg_team *team, team_thread *thread)
{
    *thread = (HANDLE)_beginthreadex(NULL, STACK_BYTES, thread_body, team, 0, NULL);
    return *thread != 0;
}
static void
join(team_thread thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}
#else
static int
start(struct seg_team *team, team_thread *thread)
{
    pthread_attr_t attr;
    sigset_t all, before;
    if (pthread_attr_init(&attr) != 0) {
        return 0;
    }
    /* A new thread inherits the signal mask: block all, so that Ctrl-C reaches the caller. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    int started = pthread_create(thread, &attr, thread_body, team) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return started;
}
static void
join(team_thread thread)
{
    (void)pthread_join(thread, NULL);
}
#endif

/* Polls from the caller's thread; `running` is how far the tasks begun are, in tasks. Called with
 * the lock held, which it lets go meanwhile. */
static void
poll_team(struct seg_team *team, double running)
{
    double share = ((double)team->done + running) / (double)team->n_tasks;
    share = share < 1.0 ? share : 1.0;
    team->shown = share > team->shown ? share : team->shown;
    share = team->shown;
    unlock(team);
    int stop = seg_poll(team->ctx, share) != SEG_OK;
    lock(team);
    team->cancelled |= stop;
}

/* The caller has no task left: it polls until the others have ended. */
static void
wait_for_others(struct seg_team *team)
{
    lock(team);
    while (team->n_threads > 1) {
        wait_a_little(team);
        poll_team(team, 0.0);
    }
    unlock(team);
}

seg_status
seg_team_run(const seg_context *ctx, seg_len n_tasks, seg_task task, void *arg)
{
    struct seg_team team = {.ctx = ctx,
                            .task = task,
                            .arg = arg,
                            .n_tasks = n_tasks,
                            .failed = n_tasks,
                            .status = SEG_OK,
                            .n_threads = 1};
    team_thread threads[MAX_THREADS];
    int wanted = (int)seg_min(seg_min(ctx->n_threads, n_tasks), MAX_THREADS);
    int started = 0;
    if (!open_team(&team)) {
        return SEG_ERR_NOMEM;
    }
    while (started + 1 < wanted) {
        lock(&team);
        team.n_threads++;
        unlock(&team);
        if (!start(&team, &threads[started])) {
            lock(&team);
            team.n_threads--;
            unlock(&team);
            break;
        }
        started++;
    }
    work(&team);
    wait_for_others(&team);
    for (int i = 0; i < started; i++) {
        join(threads[i]);
    }
    close_team(&team);
    return team.cancelled ? SEG_ERR_CANCELLED : team.status;
}

int
seg_team_stopped(struct seg_team *team, seg_len task, double done)
{
    lock(team);
    if (is_caller(team)) {
        /* the others' tasks are about as far as this one */
        poll_team(team, done * team->n_threads);
    }
    int stop = team->cancelled || team->failed < task;
    unlock(team);
    return stop;
}

void
seg_team_share(struct seg_team *team,
               seg_len row,
               seg_len n_rows,
               seg_len n,
               int64_t *table,
               const int64_t *mine,
               int64_t *below,
               int64_t *all)
{
    lock(team);
    for (seg_len i = 0; i < n; i++) {
        table[row * n + i] = mine[i];
        below[i] = all[i] = 0;
        for (seg_len t = 0; t < n_rows; t++) {
            below[i] += t < row ? table[t * n + i] : 0;
            all[i] += table[t * n + i];
        }
    }
    unlock(team);
}
