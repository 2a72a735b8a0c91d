/* Suggestions against a walk over all rules, best first. */
#include "seg_recommend.h"
#include "seg_test.h"

enum { ITEMS = 12, RULES = 60, BASKETS = 1100, MOST = 6 };

typedef struct case_rules {
    seg_len n, n_baskets;
    uint32_t body[RULES], basket[BASKETS]; /* as masks */
    int32_t head[RULES];
    int64_t body_ptr[RULES + 1], basket_ptr[BASKETS + 1];
    int32_t body_items[RULES * ITEMS], basket_items[BASKETS * ITEMS];
    seg_basket_view bodies, baskets;
} case_rules;

static seg_basket_view
lay_flat(seg_len n, const uint32_t *mask, int64_t *indptr, int32_t *indices)
{
    int64_t total = 0;
    indptr[0] = 0;
    for (seg_len i = 0; i < n; i++) {
        for (int item = 0; item < ITEMS; item++) {
            if (mask[i] >> item & 1) {
                indices[total++] = item;
            }
        }
        indptr[i + 1] = total;
    }
    return (seg_basket_view){.n = n, .n_items = ITEMS, .indptr = indptr, .indices = indices};
}

static void
draw_rules(case_rules *c, seg_len n, seg_len n_baskets, uint64_t *random)
{
    *c = (case_rules){.n = n, .n_baskets = n_baskets};
    for (seg_len r = 0; r < n; r++) {
        c->head[r] = (int32_t)seg_test_below(random, ITEMS);
        do {
            c->body[r] = (uint32_t)(seg_test_random(random) & seg_test_random(random) & 0xFFF) &
                         ~(1u << c->head[r]);
        } while (c->body[r] == 0);
    }
    for (seg_len b = 0; b < n_baskets; b++) {
        c->basket[b] = (uint32_t)(seg_test_random(random) & 0xFFF);
    }
    c->bodies = lay_flat(n, c->body, c->body_ptr, c->body_items);
    c->baskets = lay_flat(n_baskets, c->basket, c->basket_ptr, c->basket_items);
}

/* The best rules for a basket; how many. */
static seg_len
by_the_words(const case_rules *c, uint32_t basket, int32_t rules[MOST])
{
    seg_len given = 0;
    uint32_t seen = basket;
    for (int32_t r = 0; r < c->n && given < MOST; r++) {
        if ((c->body[r] & ~basket) == 0 && !(seen >> c->head[r] & 1)) {
            seen |= 1u << c->head[r];
            rules[given++] = r;
        }
    }
    for (seg_len i = given; i < MOST; i++) {
        rules[i] = -1;
    }
    return given;
}

static int32_t
place_by_the_words(const case_rules *c, uint32_t basket, int32_t hidden)
{
    int32_t rules[MOST];
    seg_len given = by_the_words(c, basket & ~(1u << hidden), rules);
    for (seg_len i = 0; i < given; i++) {
        if (c->head[rules[i]] == hidden) {
            return (int32_t)i + 1;
        }
    }
    return given > 0 ? 0 : -1;
}

static int32_t best[BASKETS * MOST], place[BASKETS * ITEMS];

static seg_status
ask(const seg_context *ctx, const case_rules *c)
{
    seg_recommender index;
    seg_status status = seg_recommender_open(ctx, &c->bodies, c->head, &index);
    if (status == SEG_OK) {
        status = seg_recommend_rules(ctx, &index, &c->baskets, MOST, best);
    }
    if (status == SEG_OK) {
        status = seg_recommend_hidden(ctx, &index, &c->baskets, MOST, place);
    }
    seg_recommender_close(ctx, &index);
    return status;
}

static void
suggestions_are_those_of_the_words(void)
{
    static case_rules c;
    uint64_t random = 3;
    seg_context ctx;
    for (int round = 0; round < 12; round++) {
        seg_len n = round == 0 ? 0 : seg_test_below(&random, RULES + 1);
        seg_len n_baskets = round < 2 ? BASKETS : seg_test_below(&random, 60);
        draw_rules(&c, n, n_baskets, &random);
        SEG_SWEEP(ctx)
        {
            memset(best, 0x77, sizeof best);
            memset(place, 0x77, sizeof place);
            REQUIRE(ask(&ctx, &c) == SEG_OK);
            for (seg_len b = 0; b < n_baskets; b++) {
                int32_t wanted[MOST];
                (void)by_the_words(&c, c.basket[b], wanted);
                CHECK(memcmp(best + b * MOST, wanted, sizeof wanted) == 0);
                for (int64_t i = c.basket_ptr[b]; i < c.basket_ptr[b + 1]; i++) {
                    CHECK_INT(place[i], place_by_the_words(&c, c.basket[b], c.basket_items[i]));
                }
            }
        }
        seg_test_digest(place, (size_t)c.basket_ptr[n_baskets] * sizeof *place);
    }
}

static void
what_is_no_rule_is_refused(void)
{
    static case_rules c;
    uint64_t random = 13;
    for (int kind = 0; kind < 6; kind++) {
        seg_context ctx = {0};
        draw_rules(&c, 30, 10, &random);
        switch (kind) {
        case 0:
            c.head[3] = -1;
            break;
        case 1:
            c.head[3] = ITEMS;
            break;
        case 2:
            c.head[3] = c.body_items[c.body_ptr[3]];
            break;
        case 3:
            c.body[3] = 0;
            break;
        case 4:
            c.body_items[0] = ITEMS;
            break;
        default:
            c.baskets.n_items = ITEMS + 1;
            break;
        }
        if (kind == 3) { /* an antecedent of nothing */
            c.bodies = lay_flat(c.n, c.body, c.body_ptr, c.body_items);
        }
        CHECK_INT(ask(&ctx, &c), SEG_ERR_ARG);
    }
    seg_context ctx = {0};
    seg_recommender index;
    draw_rules(&c, 30, 10, &random);
    REQUIRE(seg_recommender_open(&ctx, &c.bodies, c.head, &index) == SEG_OK);
    CHECK_INT(seg_recommend_rules(&ctx, &index, &c.baskets, 0, best), SEG_ERR_ARG);
    seg_recommender_close(&ctx, &index);
}

static seg_status
call_ask(const seg_context *ctx, void *arg)
{
    return ask(ctx, arg);
}

static void
every_allocation_may_fail(void)
{
    static case_rules c;
    uint64_t random = 23;
    draw_rules(&c, 40, 30, &random);
    CHECK_INT(seg_test_each_allocation((seg_context){.n_threads = 3}, call_ask, &c), SEG_OK);
}

static void
every_poll_may_stop(void)
{
    static case_rules c;
    uint64_t random = 24;
    draw_rules(&c, RULES, BASKETS, &random);
    CHECK(seg_test_each_poll((seg_context){.n_threads = 1}, call_ask, &c) > 2);
}

SEG_CASES(CASE(suggestions_are_those_of_the_words),
          CASE(what_is_no_rule_is_refused),
          CASE(every_allocation_may_fail),
          CASE(every_poll_may_stop))
