#include "seg_rfm_isa.h"

/* Rows between asking for memory and using it. */
enum { AHEAD = 32 };

/* Whether a row may go in; codes are checked as unsigned, so that negative ones are too large. */
static inline seg_status
row_status(const seg_rfm_pass *pass, int32_t customer, int32_t order, int64_t date, double amount)
{
    if ((uint64_t)(uint32_t)customer >= (uint64_t)pass->n_customers ||
        (uint64_t)(uint32_t)order >= (uint64_t)pass->n_orders) {
        return SEG_ERR_CODE;
    }
    if (date == INT64_MIN) {
        return SEG_ERR_DATE;
    }
    return seg_money_ok(amount) ? SEG_OK : SEG_ERR_MONEY;
}

static seg_len
add(seg_rfm_pass *pass,
    seg_len n,
    const int32_t *customer,
    const int32_t *order,
    const int64_t *date,
    const double *amount,
    int64_t from,
    int64_t to,
    seg_status *why)
{
    seg_rfm_customer *customers = pass->customers;
    int32_t *owner = pass->owner;
    pass->shared_order = -1;
    for (seg_len i = 0; i < n; i++) {
        if (SEG_LIKELY(i + AHEAD < n)) {
            SEG_PREFETCH((char *)customers +
                         (intptr_t)customer[i + AHEAD] * (intptr_t)sizeof *customers);
            SEG_PREFETCH((char *)owner + (intptr_t)order[i + AHEAD] * (intptr_t)sizeof *owner);
        }
        /* codes are read once, so that those checked are those used, whatever the caller does */
        int32_t c = customer[i], o = order[i];
        if (c == -1) {
            pass->anonymous++;
            continue;
        }
        *why = row_status(pass, c, o, date[i], amount[i]);
        if (*why != SEG_OK) {
            return i;
        }
        if (date[i] < from || date[i] > to) {
            pass->outside++;
            continue;
        }
        pass->counted++;
        seg_rfm_customer *who = &customers[c];
        who->first = date[i] < who->first ? date[i] : who->first;
        who->last = date[i] > who->last ? date[i] : who->last;
        seg_money_add(&who->money, amount[i]);
        int32_t before = owner[o];
        if (before != c && before != -1) {
            pass->shared_order = o;
            pass->shared_customer = c;
            return i + 1;
        }
        owner[o] = c;
    }
    *why = SEG_OK;
    return n;
}

const seg_rfm_ops SEG_NAME(seg_rfm_ops) = {.add = add};
