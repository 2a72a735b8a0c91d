/* Threads that live for one call. */
#ifndef SEG_TEAM_H
#define SEG_TEAM_H

#include "seg_context.h"

/* One task of a call. `stop` may be handed to seg_team_stopped. Returns a status; tasks must not
 * depend on each other, nor on which thread runs them. */
struct seg_team;
typedef seg_status (*seg_task)(struct seg_team *team, seg_len task, void *arg);

/* Runs task(0) ... task(n_tasks - 1), each once, on at most ctx->n_threads threads, the caller's
 * among them. Nothing lives after the call. A thread that cannot be started only makes the team
 * smaller. Other threads block all signals and ask for 1 MiB of stack. While it waits the caller's
 * thread polls. Returns SEG_OK, or SEG_ERR_CANCELLED, or the status of the lowest failed task:
 * tasks begin in ascending order, those begun end, so that this is the same for any number of
 * threads. SEG_ERR_NOMEM, and no task has run, where there is no room for a lock. */
SEG_MUST_USE seg_status seg_team_run(const seg_context *ctx,
                                     seg_len n_tasks,
                                     seg_task task,
                                     void *arg);

/* Called by a task between chunks: polls if this is the caller's thread, and says whether the team
 * was cancelled or an earlier task failed (nonzero: return SEG_ERR_CANCELLED soon). done is this
 * task's share in [0, 1]. */
int seg_team_stopped(struct seg_team *team, seg_len task, double done);

/* A task's context for what it calls. */
typedef struct seg_team_call {
    seg_context ctx;
    struct seg_team *team;
    seg_len task;
} seg_team_call;

/* Its poll. For seg_team_context only. */
static inline int
seg_team_poll(void *user, double done)
{
    const seg_team_call *call = user;
    return seg_team_stopped(call->team, call->task, done);
}

/* Fills *call, which must live as long as the context given back: one thread, whose polls are
 * seg_team_stopped. Without a team: the whole context as it is. */
static inline const seg_context *
seg_team_context(seg_team_call *call, const seg_context *whole, struct seg_team *team, seg_len task)
{
    *call = (seg_team_call){.ctx = *whole, .team = team, .task = task};
    if (team != NULL) {
        call->ctx.n_threads = 1;
        call->ctx.poll = seg_team_poll;
        call->ctx.user = call;
    }
    return &call->ctx;
}

/* Called by a task that shares figures with the others: sets a row of a table and gives sums.
 *
 *   row     of n_rows, this task's own
 *   table   INOUT  (n_rows, n)  zeros at first; read and written here only
 *   mine    IN     (n,)
 *   below   OUT    (n,)         sums of the rows before this one
 *   all     OUT    (n,)         sums of all rows, this one included */
void seg_team_share(struct seg_team *team,
                    seg_len row,
                    seg_len n_rows,
                    seg_len n,
                    int64_t *table,
                    const int64_t *mine,
                    int64_t *below,
                    int64_t *all);

#endif
