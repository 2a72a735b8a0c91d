#include "seg_miner.h"

/* Writes this task's figures and gives the sums of the tasks below and of all. */
static void
share(seg_miner *m, int64_t ended, int64_t *below, int64_t *all)
{
    const int64_t mine[3] = {m->reported, m->bytes, ended};
    seg_team_share(m->team, m->task, m->n_tasks, 3, m->account, mine, below, all);
}

seg_status
seg_miner_look(seg_miner *m)
{
    int64_t below[3], all[3];
    m->work = 0;
    if (seg_team_stopped(m->team, m->team_task, m->done)) {
        return SEG_ERR_CANCELLED;
    }
    share(m, 0, below, all);
    /* what lower tasks have comes first: more of this one's sets could not be in the answer */
    m->full = below[0] > m->options->max_sets - m->reported ||
              below[1] > m->options->max_bytes - m->bytes;
    m->dropped = !m->full && below[2] < m->task && all[1] > m->options->max_bytes;
    return m->full || m->dropped ? SEG_ERR_CANCELLED : SEG_OK;
}

void
seg_miner_end(seg_miner *m)
{
    int64_t below[3], all[3];
    share(m, 1, below, all);
}
