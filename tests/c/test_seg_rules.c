/* Lattice, rules and redundancy against sets counted as masks over a few items. */
#include "seg_redundant.h"
#include "seg_rules.h"
#include "seg_test.h"

enum { ITEMS = 9, SETS = 1 << ITEMS, MOST_RULES = 30000 };

/* All sets of at least min_count baskets as masks, and the same laid flat. */
typedef struct case_sets {
    seg_len n, n_baskets;
    int64_t count[SETS]; /* by mask */
    int32_t mask[SETS];  /* by number */
    int64_t indptr[SETS + 1], counts[SETS];
    int32_t indices[SETS * ITEMS];
    seg_itemset_view view;
} case_sets;

static int
bits_of(int32_t mask)
{
    int n = 0;
    for (; mask != 0; mask &= mask - 1) {
        n++;
    }
    return n;
}

/* Whether set a stands before set b: shorter, or of the same length and earlier in its items. */
static int
is_before(int32_t a, int32_t b)
{
    int32_t differ = a ^ b;
    return bits_of(a) != bits_of(b) ? bits_of(a) < bits_of(b) : (a & differ & -differ) != 0;
}

static void
lay_flat(case_sets *c, int64_t min_count)
{
    c->n = 0;
    for (int32_t mask = 1; mask < SETS; mask++) {
        if (c->count[mask] >= min_count) {
            seg_len at = c->n++;
            for (; at > 0 && is_before(mask, c->mask[at - 1]); at--) {
                c->mask[at] = c->mask[at - 1];
            }
            c->mask[at] = mask;
        }
    }
    int64_t total = 0;
    c->indptr[0] = 0;
    for (seg_len s = 0; s < c->n; s++) {
        for (int item = 0; item < ITEMS; item++) {
            if (c->mask[s] >> item & 1) {
                c->indices[total++] = item;
            }
        }
        c->indptr[s + 1] = total;
        c->counts[s] = c->count[c->mask[s]];
    }
    c->view = (seg_itemset_view){.n = c->n,
                                 .n_items = ITEMS,
                                 .n_baskets = c->n_baskets,
                                 .indptr = c->indptr,
                                 .indices = c->indices,
                                 .counts = c->counts};
}

static void
draw_sets(case_sets *c, seg_len n_baskets, int64_t min_count, uint64_t *random)
{
    memset(c->count, 0, sizeof c->count);
    c->n_baskets = n_baskets;
    for (seg_len b = 0; b < n_baskets; b++) {
        int32_t basket = (int32_t)seg_test_below(random, SETS);
        basket |= (int32_t)seg_test_below(random, SETS);
        for (int32_t part = basket; part > 0; part = (part - 1) & basket) {
            c->count[part]++;
        }
    }
    lay_flat(c, min_count);
}

/* What the words ask of a rule but its confidence. */
static int
may_be(int32_t whole, int32_t head, const seg_rule_limits *limits)
{
    if ((head & whole) != head || head == whole || bits_of(head) > limits->most) {
        return 0;
    }
    for (int item = 0; item < ITEMS; item++) {
        if (whole >> item & 1) {
            const uint8_t *may = head >> item & 1 ? limits->head : limits->body;
            if (may != NULL && !may[item]) {
                return 0;
            }
        }
    }
    return 1;
}

static seg_len
rules_by_the_words(const case_sets *c, const seg_rule_limits *limits, int64_t min_count)
{
    seg_len found = 0;
    for (int32_t whole = 1; whole < SETS; whole++) {
        for (int32_t head = 1; head < whole && c->count[whole] >= min_count; head++) {
            found += may_be(whole, head, limits) &&
                     c->count[whole] * limits->den >= c->count[whole ^ head] * limits->num;
        }
    }
    return found;
}

static int32_t rule_whole[MOST_RULES], rule_body[MOST_RULES], rule_head[MOST_RULES];

static seg_status
find(const seg_context *ctx,
     const case_sets *c,
     const seg_rule_limits *limits,
     seg_len *n,
     seg_rule *best)
{
    seg_rules rules;
    seg_status status = seg_rules_open(ctx, &c->view, limits, &rules);
    *n = 0;
    if (status == SEG_OK) {
        CHECK_INT(rules.unknown, 0);
        *best = rules.best;
        *n = rules.n;
        CHECK(rules.n <= MOST_RULES);
        status = seg_rules_read(ctx, &rules, rule_whole, rule_body, rule_head);
    }
    seg_rules_free(ctx, &rules);
    return status;
}

static void
check_rules(const case_sets *c, const seg_rule_limits *limits, seg_len n, int64_t min_count)
{
    static uint8_t seen[SETS][SETS];
    memset(seen, 0, sizeof seen);
    CHECK_INT(n, rules_by_the_words(c, limits, min_count));
    for (seg_len r = 0; r < n; r++) {
        int32_t whole = c->mask[rule_whole[r]], head = c->mask[rule_head[r]];
        CHECK_INT(c->mask[rule_body[r]], whole ^ head);
        CHECK(may_be(whole, head, limits));
        CHECK(c->count[whole] * limits->den >= c->count[whole ^ head] * limits->num);
        CHECK_INT(seen[whole][head]++, 0);
    }
}

static void
rules_are_those_of_the_words(void)
{
    static case_sets c;
    static int32_t first[MOST_RULES];
    uint64_t random = 5;
    seg_context ctx;
    for (int round = 0; round < 60; round++) {
        uint8_t body[ITEMS], head[ITEMS];
        int64_t min_count = 1 + seg_test_below(&random, 4);
        seg_len n_baskets = 1 + seg_test_below(&random, 30), n = 0;
        draw_sets(&c, n_baskets, min_count, &random);
        for (int i = 0; i < ITEMS; i++) {
            body[i] = seg_test_below(&random, 4) != 0;
            head[i] = seg_test_below(&random, 4) != 0;
        }
        int64_t den = 1 + seg_test_below(&random, 9);
        seg_rule_limits limits = {.num = seg_test_below(&random, den + 1),
                                  .den = den,
                                  .most = 1 + seg_test_below(&random, ITEMS),
                                  .body = round % 3 == 0 ? body : NULL,
                                  .head = round % 2 == 0 ? head : NULL};
        seg_rule best, again;
        REQUIRE(find(&(seg_context){0}, &c, &limits, &n, &best) == SEG_OK);
        check_rules(&c, &limits, n, min_count);
        memcpy(first, rule_whole, (size_t)n * sizeof *first);
        seg_test_digest(rule_head, (size_t)n * sizeof *rule_head);
        SEG_SWEEP(ctx)
        {
            seg_len found;
            REQUIRE(find(&ctx, &c, &limits, &found, &again) == SEG_OK);
            CHECK_INT(found, n);
            CHECK(memcmp(first, rule_whole, (size_t)n * sizeof *first) == 0);
            CHECK_INT(again.whole, best.whole);
            CHECK_INT(again.antecedent, best.antecedent);
        }
    }
}

/* The rule named as best has the greatest confidence there is, also where none is good enough. */
static void
the_best_rule_is_named(void)
{
    static case_sets c;
    uint64_t random = 15;
    for (int round = 0; round < 60; round++) {
        seg_len n;
        seg_rule best;
        draw_sets(&c, 25, 2, &random);
        seg_rule_limits limits = {.num = round % 2, .den = 1, .most = 1 + round % 4};
        REQUIRE(find(&(seg_context){0}, &c, &limits, &n, &best) == SEG_OK);
        REQUIRE(best.whole >= 0);
        int64_t all = c.counts[best.whole], some = c.counts[best.antecedent];
        CHECK_INT(c.mask[best.consequent], c.mask[best.whole] ^ c.mask[best.antecedent]);
        for (int32_t whole = 1; whole < SETS; whole++) {
            for (int32_t head = 1; head < whole && c.count[whole] >= 2; head++) {
                if (may_be(whole, head, &limits)) {
                    CHECK(c.count[whole] * some <= all * c.count[whole ^ head]);
                }
            }
        }
    }
}

static int
redundant_by_the_words(const case_sets *c, int32_t body, int32_t head)
{
    for (int32_t part = (body - 1) & body; part > 0; part = (part - 1) & body) {
        if (c->count[part | head] * c->count[body] >= c->count[body | head] * c->count[part]) {
            return 1;
        }
    }
    return 0;
}

static void
redundant_rules_are_those_of_the_words(void)
{
    static case_sets c;
    static uint8_t redundant[MOST_RULES];
    uint64_t random = 25;
    seg_context ctx;
    int seen[2] = {0, 0};
    for (int round = 0; round < 25; round++) {
        seg_len n;
        seg_rule best;
        draw_sets(&c, 12 + round, 2, &random);
        seg_rule_limits limits = {.num = 0, .den = 1, .most = 1 + round % 4};
        REQUIRE(find(&(seg_context){0}, &c, &limits, &n, &best) == SEG_OK);
        SEG_SWEEP(ctx)
        {
            memset(redundant, 7, sizeof redundant);
            REQUIRE(seg_rules_redundant(&ctx, &c.view, n, rule_whole, rule_body, rule_head,
                                        redundant) == SEG_OK);
            for (seg_len r = 0; r < n; r++) {
                int wanted = redundant_by_the_words(&c, c.mask[rule_body[r]], c.mask[rule_head[r]]);
                CHECK_INT(redundant[r], wanted);
                seen[wanted]++;
            }
        }
    }
    CHECK(seen[0] > 1000 && seen[1] > 1000);
}

/* Where parts are missing a split is left out and counted, and nothing is read that is not there.
 */
static void
sets_may_be_missing(void)
{
    static case_sets c;
    static uint8_t redundant[MOST_RULES];
    uint64_t random = 35;
    for (int round = 0; round < 60; round++) {
        draw_sets(&c, 20, 2, &random);
        for (int gone = 0; gone < 5; gone++) {
            c.count[1 + seg_test_below(&random, SETS - 1)] = 0;
        }
        lay_flat(&c, 1);
        seg_rules rules;
        seg_context ctx = {0};
        seg_rule_limits limits = {.num = 0, .den = 1, .most = 3};
        REQUIRE(seg_rules_open(&ctx, &c.view, &limits, &rules) == SEG_OK);
        REQUIRE(rules.n <= MOST_RULES);
        CHECK(seg_rules_read(&ctx, &rules, rule_whole, rule_body, rule_head) == SEG_OK);
        for (seg_len r = 0; r < rules.n; r++) {
            CHECK_INT(c.mask[rule_whole[r]], c.mask[rule_body[r]] | c.mask[rule_head[r]]);
        }
        CHECK(rules.unknown > 0 || rules.n == rules_by_the_words(&c, &limits, 1));
        CHECK_INT(seg_rules_redundant(&ctx, &c.view, rules.n, rule_whole, rule_body, rule_head,
                                      redundant),
                  SEG_OK);
        seg_rules_free(&ctx, &rules);
    }
}

static void
what_is_no_lattice_is_refused(void)
{
    static case_sets c;
    uint64_t random = 45;
    seg_context ctx = {0};
    seg_rule_limits limits = {.num = 0, .den = 1, .most = 1};
    draw_sets(&c, 30, 3, &random);
    REQUIRE(c.n > 20);
    for (int kind = 0; kind < 10; kind++) {
        seg_rules rules;
        case_sets w = c;
        lay_flat(&w, 3);
        seg_len last = w.n - 1;
        int64_t at = w.indptr[last];
        switch (kind) {
        case 0:
            w.indices[at] = -1;
            break;
        case 1:
            w.indices[at + 1] = ITEMS;
            break;
        case 2:
            w.indices[at + 1] = w.indices[at];
            break;
        case 3:
            w.counts[last] = 0;
            break;
        case 4:
            w.counts[0] = w.n_baskets + 1;
            break;
        case 5:
            w.indptr[last] = w.indptr[last + 1];
            break;
        case 6:
            w.indptr[0] = 1;
            break;
        case 7:
            w.indptr[3] = INT64_MAX;
            break;
        case 8:
            w.indices[w.indptr[1]] = w.indices[w.indptr[0]];
            break;
        default:
            w.view.n_baskets = (int64_t)INT32_MAX + 1;
            break;
        }
        CHECK_INT(seg_rules_open(&ctx, &w.view, &limits, &rules), SEG_ERR_ARG);
        seg_rules_free(&ctx, &rules);
    }
}

static void
limits_and_rules_are_checked(void)
{
    static case_sets c;
    static uint8_t redundant[4];
    uint64_t random = 55;
    seg_context ctx = {0};
    static const seg_rule_limits wrong[] = {{.num = 1, .den = 0, .most = 1},
                                            {.num = -1, .den = 1, .most = 1},
                                            {.num = 2, .den = 1, .most = 1},
                                            {.num = 0, .den = 1, .most = 0},
                                            {.num = 0, .den = (int64_t)INT32_MAX + 1, .most = 1}};
    draw_sets(&c, 30, 3, &random);
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        seg_rules rules;
        CHECK_INT(seg_rules_open(&ctx, &c.view, &wrong[k], &rules), SEG_ERR_ARG);
        seg_rules_free(&ctx, &rules);
    }
    static const int32_t bad[][3] = {{0, 0, 0},   {-1, 0, 1},  {INT32_MAX, 0, 1},
                                     {12, 0, -1}, {12, 12, 0}, {12, 0, SETS}};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        CHECK_INT(
            seg_rules_redundant(&ctx, &c.view, 1, &bad[k][0], &bad[k][1], &bad[k][2], redundant),
            SEG_ERR_CODE);
    }
    c.view.n = 0; /* no sets, no rules */
    seg_rules none;
    CHECK_INT(seg_rules_open(&ctx, &c.view, &(seg_rule_limits){.den = 1, .most = 1}, &none),
              SEG_OK);
    CHECK_INT(none.n, 0);
    CHECK_INT(none.best.whole, -1);
    CHECK_INT(seg_rules_read(&ctx, &none, rule_whole, rule_body, rule_head), SEG_OK);
    seg_rules_free(&ctx, &none);
}

static seg_status
call_all(const seg_context *ctx, void *arg)
{
    static uint8_t redundant[MOST_RULES];
    const case_sets *c = arg;
    seg_len n;
    seg_rule best;
    seg_rule_limits limits = {.num = 1, .den = 2, .most = 2};
    seg_status status = find(ctx, c, &limits, &n, &best);
    return status != SEG_OK
               ? status
               : seg_rules_redundant(ctx, &c->view, n, rule_whole, rule_body, rule_head, redundant);
}

static void
every_allocation_may_fail(void)
{
    static case_sets c;
    uint64_t random = 65;
    draw_sets(&c, 20, 2, &random);
    CHECK_INT(seg_test_each_allocation((seg_context){.n_threads = 3}, call_all, &c), SEG_OK);
}

static void
every_poll_may_stop(void)
{
    static case_sets c;
    uint64_t random = 66;
    draw_sets(&c, 20, 2, &random);
    CHECK(seg_test_each_poll((seg_context){.n_threads = 1}, call_all, &c) > 5);
}

SEG_CASES(CASE(rules_are_those_of_the_words),
          CASE(the_best_rule_is_named),
          CASE(redundant_rules_are_those_of_the_words),
          CASE(sets_may_be_missing),
          CASE(what_is_no_lattice_is_refused),
          CASE(limits_and_rules_are_checked),
          CASE(every_allocation_may_fail),
          CASE(every_poll_may_stop))
