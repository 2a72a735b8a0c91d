/* Itemsets beside every subset counted by itself; each form, level, limit and number of threads. */
#include "seg_arena.h"
#include "seg_baskets.h"
#include "seg_itemsets.h"
#include "seg_test.h"

enum { BASKETS = 4000, ITEMS = 96, LONG = 40, ENTRIES = BASKETS * LONG };

static int64_t start[BASKETS + 1], indptr[BASKETS + 1], count[ITEMS];
static int32_t item[ENTRIES], indices[ENTRIES], code[ITEMS];
static seg_len n_baskets, n_items;

static const seg_itemsets_options any = {.min_count = 1,
                                         .min_len = 1,
                                         .max_len = PTRDIFF_MAX,
                                         .max_sets = INT64_MAX,
                                         .max_bytes = INT64_MAX,
                                         .leaf = SEG_LEAF_ITEMS};

/* Random baskets: item i is in about odds / (odds + i) of them; some baskets repeat others. */
static void
fill(uint64_t seed, seg_len baskets, seg_len items, int64_t odds)
{
    seg_context ctx = {0};
    seg_fault fault;
    seg_len n = 0;
    n_baskets = baskets;
    n_items = items;
    for (seg_len b = 0; b < baskets; b++) {
        start[b] = n;
        if (b > 10 && seg_test_below(&seed, 4) == 0) {
            seg_len other = (seg_len)seg_test_below(&seed, b);
            for (int64_t i = start[other]; i < start[other + 1]; i++) {
                item[n++] = item[i];
            }
            continue;
        }
        for (seg_len i = 0; i < items && n - start[b] < LONG; i++) {
            if (seg_test_below(&seed, odds + i) < odds) {
                item[n++] = (int32_t)i;
            }
        }
    }
    start[baskets] = n;
    CHECK_INT(seg_baskets_of_rows(&ctx, n, baskets, items, items, start, item, NULL, indptr,
                                  indices, code, count, &fault),
              SEG_OK);
}

static seg_status
mine(const seg_context *ctx, const seg_itemsets_options *options, seg_itemsets *out)
{
    return seg_itemsets_mine(ctx, n_baskets, n_items, indptr, indices, count, options, out);
}

/* Baskets that hold all of a set of positions. */
static int64_t
count_of(const int32_t *set, seg_len length)
{
    int64_t found = 0;
    for (seg_len b = 0; b < n_baskets; b++) {
        seg_len hit = 0;
        for (int64_t i = indptr[b]; i < indptr[b + 1] && hit < length; i++) {
            hit += indices[i] == set[hit];
        }
        found += hit == length;
    }
    return found;
}

/* Whether set a stands before b: shorter, or as long and before it item by item. */
static int
before(const int32_t *a, seg_len n_a, const int32_t *b, seg_len n_b)
{
    for (seg_len i = 0; n_a == n_b && i < n_a; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i];
        }
    }
    return n_a < n_b;
}

/* Sets are in order, so each is there once; their counts are right. */
static void
check_sets(const seg_itemsets *sets, int64_t min_count)
{
    CHECK(sets->n == 0 || sets->indptr[0] == 0);
    CHECK_INT(sets->indptr[sets->n], sets->total);
    for (seg_len s = 0; s < sets->n; s++) {
        const int32_t *set = sets->indices + sets->indptr[s];
        seg_len length = (seg_len)(sets->indptr[s + 1] - sets->indptr[s]);
        for (seg_len i = 1; i < length; i++) {
            CHECK(set[i - 1] < set[i]);
        }
        if (s > 0) {
            const int32_t *last = sets->indices + sets->indptr[s - 1];
            CHECK(before(last, (seg_len)(set - last), set, length));
        }
        CHECK(sets->count[s] >= min_count);
        CHECK_INT(sets->count[s], count_of(set, length));
    }
}

/* How many sets of at most 16 items are frequent: all subsets counted. */
static seg_len
number_of_sets(int64_t min_count, seg_len min_len, seg_len max_len)
{
    seg_len found = 0;
    for (uint32_t mask = 1; mask < (uint32_t)1 << n_items; mask++) {
        int32_t set[16];
        seg_len length = 0;
        for (int32_t i = 0; i < (int32_t)n_items; i++) {
            if (mask >> i & 1) {
                set[length++] = i;
            }
        }
        found += length >= min_len && length <= max_len && count_of(set, length) >= min_count;
    }
    return found;
}

static int
same_sets(const seg_itemsets *a, const seg_itemsets *b)
{
    return a->n == b->n && a->total == b->total && a->full == b->full &&
           memcmp(a->indptr, b->indptr, (size_t)(a->n + 1) * sizeof *a->indptr) == 0 &&
           (a->n == 0 ||
            (memcmp(a->indices, b->indices, (size_t)a->total * sizeof *a->indices) == 0 &&
             memcmp(a->count, b->count, (size_t)a->n * sizeof *a->count) == 0));
}

static void
every_subset_is_found_once(void)
{
    seg_context ctx = {0};
    for (uint64_t seed = 0; seed < 12; seed++) {
        fill(seed, 20 + 10 * (seg_len)seed, 3 + (seg_len)seed % 8, 1 + 3 * (int64_t)seed);
        for (int64_t min_count = 1; min_count < 30; min_count = min_count * 2 + 1) {
            seg_itemsets_options o = any;
            seg_itemsets sets;
            o.min_count = min_count;
            REQUIRE(mine(&ctx, &o, &sets) == SEG_OK);
            check_sets(&sets, min_count);
            CHECK_INT(sets.n, number_of_sets(min_count, 1, 16));
            CHECK_INT(sets.full, 0);
            seg_test_digest(sets.indices, (size_t)sets.total * sizeof *sets.indices);
            seg_itemsets_free(&ctx, &sets);
        }
    }
}

/* Whether a set of positions, frequent as it is, is closed or maximal: no item may be added. */
static int
is_wanted(seg_target target, const int32_t *set, seg_len length, int64_t baskets, int64_t min_count)
{
    for (int32_t i = 0; i < (int32_t)n_items; i++) {
        int32_t more[17];
        seg_len n = 0, at = 0;
        while (at < length && set[at] < i) {
            more[n++] = set[at++];
        }
        if (at < length && set[at] == i) {
            continue;
        }
        more[n++] = i;
        while (at < length) {
            more[n++] = set[at++];
        }
        if (count_of(more, n) >= (target == SEG_TARGET_CLOSED ? baskets : min_count)) {
            return 0;
        }
    }
    return 1;
}

static void
closed_and_maximal_sets_are_found_once(void)
{
    seg_context ctx = {0};
    for (uint64_t seed = 0; seed < 14; seed++) {
        fill(seed, 20 + 30 * (seg_len)seed, 3 + (seg_len)seed % 8, 1 + 3 * (int64_t)seed);
        for (int64_t min_count = 1; min_count < 60; min_count = min_count * 2 + 1) {
            seg_itemsets all, sets;
            seg_itemsets_options o = any;
            o.min_count = min_count;
            REQUIRE(mine(&ctx, &o, &all) == SEG_OK);
            for (o.target = SEG_TARGET_CLOSED; o.target <= SEG_TARGET_MAXIMAL; o.target++) {
                seg_len wanted = 0;
                for (seg_len s = 0; s < all.n; s++) {
                    wanted += is_wanted(o.target, all.indices + all.indptr[s],
                                        (seg_len)(all.indptr[s + 1] - all.indptr[s]), all.count[s],
                                        min_count);
                }
                REQUIRE(mine(&ctx, &o, &sets) == SEG_OK);
                check_sets(&sets, min_count);
                CHECK_INT(sets.n, wanted);
                for (seg_len s = 0; s < sets.n; s++) {
                    CHECK(is_wanted(o.target, sets.indices + sets.indptr[s],
                                    (seg_len)(sets.indptr[s + 1] - sets.indptr[s]), sets.count[s],
                                    min_count));
                }
                seg_test_digest(sets.indices, (size_t)sets.total * sizeof *sets.indices);
                seg_itemsets_free(&ctx, &sets);
            }
            seg_itemsets_free(&ctx, &all);
        }
    }
}

/* The form, the items of its leaves, and data it is made for. */
typedef struct form_case {
    seg_form form;
    int leaf;
} form_case;

static const form_case forms[] = {{SEG_FORM_AUTO, SEG_LEAF_ITEMS},
                                  {SEG_FORM_ROWS, 0},
                                  {SEG_FORM_BITS, 0},
                                  {SEG_FORM_MASKS, 0},
                                  {SEG_FORM_MASKS, 3},
                                  {SEG_FORM_MASKS, SEG_LEAF_ITEMS}};

/* Mines with every form, level and number of threads; all must agree. */
static void
sweep(const seg_itemsets_options *options)
{
    seg_context ctx = {0};
    seg_itemsets first, sets;
    seg_itemsets_options o = *options;
    o.form = SEG_FORM_ROWS;
    REQUIRE(mine(&ctx, &o, &first) == SEG_OK);
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        o.form = forms[f].form;
        o.leaf = forms[f].leaf;
        SEG_SWEEP(ctx)
        {
            REQUIRE(mine(&ctx, &o, &sets) == SEG_OK);
            CHECK(same_sets(&first, &sets));
            seg_itemsets_free(&ctx, &sets);
        }
    }
    seg_test_digest(first.indices, (size_t)first.total * sizeof *first.indices);
    seg_test_digest(first.count, (size_t)first.n * sizeof *first.count);
    seg_itemsets_free(&ctx, &first);
}

/* The same for closed and maximal sets: from bitmaps of all baskets, or from rows. */
static void
sweep_target(const seg_itemsets_options *options, seg_target target)
{
    seg_context ctx = {0};
    seg_itemsets first, sets;
    seg_itemsets_options o = *options;
    o.target = target;
    REQUIRE(mine(&ctx, &o, &first) == SEG_OK);
    for (int form = SEG_FORM_ROWS; form <= SEG_FORM_BITS; form++) {
        o.form = (seg_form)form;
        SEG_SWEEP(ctx)
        {
            REQUIRE(mine(&ctx, &o, &sets) == SEG_OK);
            CHECK(same_sets(&first, &sets));
            seg_itemsets_free(&ctx, &sets);
        }
    }
    seg_test_digest(first.indices, (size_t)first.total * sizeof *first.indices);
    seg_itemsets_free(&ctx, &first);
}

static void
closed_and_maximal_at_every_level_and_number_of_threads(void)
{
    seg_itemsets_options o = any;
    fill(1, 4000, 90, 6); /* bitmaps shrink on the way */
    o.min_count = 60;
    sweep_target(&o, SEG_TARGET_CLOSED);
    sweep_target(&o, SEG_TARGET_MAXIMAL);
    fill(2, 900, 24, 30);
    o.min_count = 200;
    sweep_target(&o, SEG_TARGET_CLOSED);
    sweep_target(&o, SEG_TARGET_MAXIMAL);
}

static void
forms_levels_and_threads_agree(void)
{
    seg_itemsets_options o = any;
    fill(1, 4000, 90, 6); /* sparse, more than 64 items */
    o.min_count = 140;
    sweep(&o);
    fill(2, 900, 24, 30); /* dense */
    o.min_count = 260;
    sweep(&o);
    o.max_len = 4;
    sweep(&o);
    fill(3, 40, 12, 100); /* few rows: bitmaps of a word */
    o = any;
    o.min_count = 9;
    sweep(&o);
}

static void
lengths_choose(void)
{
    seg_context ctx = {0};
    fill(4, 120, 9, 9);
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        for (seg_len min_len = 1; min_len < 5; min_len++) {
            for (seg_len max_len = min_len; max_len < 7; max_len++) {
                seg_itemsets_options o = any;
                seg_itemsets sets;
                o.min_count = 5;
                o.min_len = min_len;
                o.max_len = max_len;
                o.form = forms[f].form;
                o.leaf = forms[f].leaf;
                REQUIRE(mine(&ctx, &o, &sets) == SEG_OK);
                check_sets(&sets, 5);
                CHECK_INT(sets.n, number_of_sets(5, min_len, max_len));
                seg_itemsets_free(&ctx, &sets);
            }
        }
    }
}

static void
a_limit_is_said_and_what_is_there_is_exact(void)
{
    seg_context ctx = {0};
    fill(5, 300, 16, 30);
    for (seg_len min_len = 1; min_len < 4; min_len += 2) {
        seg_itemsets_options o = any;
        seg_itemsets sets, again;
        o.min_count = 60;
        o.min_len = min_len;
        REQUIRE(mine(&ctx, &o, &sets) == SEG_OK);
        seg_len all = sets.n;
        seg_itemsets_free(&ctx, &sets);
        for (seg_len most = 0; most <= all + 1; most += 1 + most / 3) {
            o.max_sets = most;
            ctx.n_threads = 1;
            REQUIRE(mine(&ctx, &o, &sets) == SEG_OK);
            CHECK_INT(sets.n, most < all ? most : all);
            CHECK_INT(sets.full, most < all);
            check_sets(&sets, 60);
            ctx.n_threads = 3;
            REQUIRE(mine(&ctx, &o, &again) == SEG_OK);
            CHECK(same_sets(&sets, &again));
            seg_itemsets_free(&ctx, &sets);
            seg_itemsets_free(&ctx, &again);
        }
        o.max_sets = INT64_MAX;
        o.max_bytes = 20000;
        REQUIRE(mine(&ctx, &o, &sets) == SEG_OK);
        CHECK_INT(sets.full, 2);
        CHECK(sets.n > 100 && sets.n < all);
        REQUIRE(mine(&ctx, &o, &again) == SEG_OK);
        CHECK(same_sets(&sets, &again));
        seg_itemsets_free(&ctx, &sets);
        seg_itemsets_free(&ctx, &again);
    }
}

static void
what_breaks_the_contract_is_refused(void)
{
    seg_context ctx = {0};
    seg_itemsets sets;
    seg_itemsets_options o = any;
    fill(6, 50, 8, 9);
    o.min_count = 0;
    CHECK_INT(mine(&ctx, &o, &sets), SEG_ERR_ARG);
    o = any;
    o.max_len = 0;
    CHECK_INT(mine(&ctx, &o, &sets), SEG_ERR_ARG);
    o = any;
    o.leaf = SEG_LEAF_ITEMS + 1;
    CHECK_INT(mine(&ctx, &o, &sets), SEG_ERR_ARG);
    o = any;
    count[0] = n_baskets + 1;
    CHECK_INT(mine(&ctx, &o, &sets), SEG_ERR_ARG);
    fill(6, 50, 8, 9);
    indptr[3] = indptr[2] - 1;
    CHECK_INT(mine(&ctx, &o, &sets), SEG_ERR_ARG);
    fill(6, 50, 8, 9);
    indices[1] = indices[0];
    CHECK_INT(mine(&ctx, &o, &sets), SEG_ERR_ARG);
    n_items = 0;
    fill(6, 0, 0, 9);
    CHECK_INT(mine(&ctx, &o, &sets), SEG_OK);
    CHECK_INT(sets.n, 0);
    seg_itemsets_free(&ctx, &sets);
}

/* Mines and gives back. */
static seg_status
mine_once(const seg_context *ctx, void *arg)
{
    seg_itemsets sets;
    seg_status status = mine(ctx, arg, &sets);
    if (status == SEG_OK) {
        seg_itemsets_free(ctx, &sets);
    }
    return status;
}

static void
memory_may_run_out_anywhere(void)
{
    seg_itemsets_options o = any;
    fill(7, 300, 70, 8);
    o.min_count = 20;
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        o.form = forms[f].form;
        o.leaf = forms[f].leaf;
        CHECK_INT(seg_test_each_allocation(seg_test_context(SEG_LEVEL_BASE, 1), mine_once, &o),
                  SEG_OK);
    }
    CHECK_INT(seg_test_each_allocation(seg_test_context(SEG_LEVEL_BASE, 3), mine_once, &o), SEG_OK);
    for (o.target = SEG_TARGET_CLOSED; o.target <= SEG_TARGET_MAXIMAL; o.target++) {
        CHECK_INT(seg_test_each_allocation(seg_test_context(SEG_LEVEL_BASE, 1), mine_once, &o),
                  SEG_OK);
    }
}

/* Stops at the poll numbered *left. */
static int
stop(void *user, double done)
{
    int *left = user;
    CHECK(done >= 0 && done <= 1);
    return --*left == 0;
}

static void
a_stop_is_felt_wherever_it_comes(void)
{
    seg_itemsets_options o = any;
    fill(8, 4000, 96, 60);
    o.min_count = 1500;
    for (int at = 1, stopped = 0; at < 100000; at += 1 + at / 3) {
        int left = at;
        seg_context ctx = {.poll = stop, .user = &left, .n_threads = 1 + at % 3};
        seg_status status = mine_once(&ctx, &o);
        CHECK(status == SEG_ERR_CANCELLED || left > 0);
        stopped += status == SEG_ERR_CANCELLED;
        if (left > 0) {
            CHECK(stopped > 3);
            return;
        }
    }
    CHECK(!"an end to the polls");
}

SEG_CASES(CASE(every_subset_is_found_once),
          CASE(closed_and_maximal_sets_are_found_once),
          CASE(closed_and_maximal_at_every_level_and_number_of_threads),
          CASE(forms_levels_and_threads_agree),
          CASE(lengths_choose),
          CASE(a_limit_is_said_and_what_is_there_is_exact),
          CASE(what_breaks_the_contract_is_refused),
          CASE(memory_may_run_out_anywhere),
          CASE(a_stop_is_felt_wherever_it_comes))
