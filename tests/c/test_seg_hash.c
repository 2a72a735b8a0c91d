/* Hashes spread, and random numbers are those of the paper. */
#include "seg_hash.h"
#include "seg_rng.h"
#include "seg_test.h"

enum { N = 1 << 16 };

/* The largest number of N keys in one of N buckets; a fair throw gives about 8. */
static int
fullest(const uint64_t *hashes, int shift)
{
    static uint16_t buckets[N];
    int most = 0;
    memset(buckets, 0, sizeof buckets);
    for (int i = 0; i < N; i++) {
        uint16_t *bucket = &buckets[hashes[i] >> shift & (N - 1)];
        ++*bucket;
        most = *bucket > most ? *bucket : most;
    }
    return most;
}

static void
plain_keys_spread_over_both_ends(void)
{
    static uint64_t hashes[3][N];
    for (int i = 0; i < N; i++) {
        char text[16];
        int length = snprintf(text, sizeof text, "INV%06d", i);
        hashes[0][i] = seg_hash_u64((uint64_t)i << 20);
        hashes[1][i] = seg_hash_pair((uint64_t)(i >> 8), (uint64_t)(i & 255));
        hashes[2][i] = seg_hash_bytes(text, length);
    }
    for (int h = 0; h < 3; h++) {
        CHECK(fullest(hashes[h], 0) <= 14);
        CHECK(fullest(hashes[h], 48) <= 14);
    }
}

static void
bytes_beyond_the_text_do_not_matter(void)
{
    char a[40], b[40];
    for (int n = 0; n <= 32; n++) {
        memset(a, 'x', sizeof a);
        memset(b, 'y', sizeof b);
        memset(b, 'x', (size_t)n);
        CHECK_INT(seg_hash_bytes(a, n), seg_hash_bytes(b, n));
        for (int m = 0; m < n; m++) { /* lengths and single bytes matter */
            CHECK(seg_hash_bytes(a, n) != seg_hash_bytes(a, m));
            b[m] = 'z';
            CHECK(seg_hash_bytes(a, n) != seg_hash_bytes(b, n));
            b[m] = 'x';
        }
    }
}

/* Known answers of the Random123 library (philox4x32, 10 rounds). */
static void
philox_gives_the_known_answers(void)
{
    static const uint32_t known[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1},
    };
    for (int k = 0; k < 3; k++) {
        uint32_t out[4];
        seg_rng_block(known[k], known[k] + 4, out);
        for (int w = 0; w < 4; w++) {
            CHECK_INT(out[w], known[k][6 + w]);
        }
    }
}

static void
draws_stay_in_their_range(void)
{
    double sum = 0;
    int64_t counts[7] = {0};
    for (uint64_t i = 0; i < 70000; i++) {
        double u = seg_rng_uniform(1, 2, i);
        uint64_t below = seg_rng_below(1, 3, i, 7);
        CHECK(u >= 0 && u < 1);
        REQUIRE(below < 7);
        CHECK_INT(seg_rng_below(9, 9, i, 1), 0);
        CHECK(seg_rng_below(i, i, i, UINT32_MAX) < UINT32_MAX);
        sum += u;
        counts[below]++;
    }
    CHECK(fabs(sum / 70000 - 0.5) < 0.005); /* 4.6 standard errors */
    for (int v = 0; v < 7; v++) {
        CHECK(llabs(counts[v] - 10000) < 450); /* 4.9 */
    }
    CHECK(seg_rng_bits(1, 2, 3) != seg_rng_bits(2, 2, 3));
    CHECK(seg_rng_bits(1, 2, 3) != seg_rng_bits(1, 3, 3));
    CHECK(seg_rng_bits(1, 2, 3) != seg_rng_bits(1, 2, 4));
    seg_test_digest(&sum, sizeof sum);
    seg_test_digest(counts, sizeof counts);
}

SEG_CASES(CASE(plain_keys_spread_over_both_ends),
          CASE(bytes_beyond_the_text_do_not_matter),
          CASE(philox_gives_the_known_answers),
          CASE(draws_stay_in_their_range))
