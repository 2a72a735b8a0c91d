/* Runs a fuzz target where there is no libFuzzer: every file named, then changed ones for a time.
 *
 *     fuzz_x [-max_total_time=S] [-max_len=N] [-seed=N] [-artifact_prefix=P] FILE|FOLDER ...
 *
 * Other options are taken and left alone, so that the command is libFuzzer's own. An input that
 * ends in abort() is written to P plus "crash". */
#include <dirent.h>
#include <signal.h>
#include <time.h>

#include "seg_fuzz.h"

enum { MOST_FILES = 4096, MOST_BYTES = 1 << 16 };

typedef struct stored {
    uint8_t *data;
    size_t size;
} stored;

static stored corpus[MOST_FILES];
static size_t n_stored;
static uint8_t current[MOST_BYTES];
static size_t current_size;
static const char *artifact_prefix = "";

static void
keep_input(int number)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%scrash", artifact_prefix);
    FILE *file = fopen(path, "wb");
    if (file != NULL) {
        (void)fwrite(current, 1, current_size, file);
        (void)fclose(file);
        (void)fprintf(stderr, "the input is in %s\n", path);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void
run_current(void)
{
    /* a copy of the right size, so that the sanitizers see its end */
    uint8_t *copy = malloc(current_size + (current_size == 0));
    if (copy != NULL) {
        memcpy(copy, current, current_size);
        (void)LLVMFuzzerTestOneInput(copy, current_size);
    }
    free(copy);
}

static void
read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || n_stored == MOST_FILES) {
        (void)fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    current_size = fread(current, 1, MOST_BYTES, file);
    (void)fclose(file);
    stored *kept = &corpus[n_stored++];
    *kept = (stored){.data = malloc(current_size + 1), .size = current_size};
    if (kept->data != NULL) {
        memcpy(kept->data, current, current_size);
    }
    run_current();
}

static void
read_path(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        read_file(path);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char inside[4096];
        if (entry->d_name[0] != '.') {
            (void)snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
            read_file(inside);
        }
    }
    (void)closedir(folder);
}

/* A stored input with some bytes changed, cut or grown; or bytes of no pattern. */
static void
change_input(uint64_t *random, size_t longest)
{
    current_size = (size_t)seg_test_below(random, (int64_t)longest + 1);
    for (size_t i = 0; i < current_size; i++) {
        current[i] = (uint8_t)(seg_test_random(random) >> 33);
    }
    if (n_stored > 0 && seg_test_below(random, 4) != 0) {
        const stored *from = &corpus[seg_test_below(random, (int64_t)n_stored)];
        size_t size = from->size < longest ? from->size : longest;
        memcpy(current, from->data, size);
        current_size = seg_test_below(random, 3) != 0 ? size : current_size;
        for (int64_t n = seg_test_below(random, 8); n > 0 && current_size > 0; n--) {
            size_t at = (size_t)seg_test_below(random, (int64_t)current_size);
            current[at] = (uint8_t)(seg_test_random(random) >> 40);
        }
    }
}

int
main(int argc, char **argv)
{
    double seconds = 0;
    size_t longest = 4096;
    uint64_t seed = (uint64_t)time(NULL) | 1;
    unsigned long runs = 0;
    for (int i = 1; i < argc; i++) {
        const char *value = strchr(argv[i], '=') != NULL ? strchr(argv[i], '=') + 1 : "";
        if (strncmp(argv[i], "-max_total_time=", 16) == 0) {
            seconds = atof(value);
        } else if (strncmp(argv[i], "-max_len=", 9) == 0) {
            longest = (size_t)atol(value) < MOST_BYTES ? (size_t)atol(value) : MOST_BYTES;
        } else if (strncmp(argv[i], "-seed=", 6) == 0) {
            seed = strtoull(value, NULL, 10) | 1;
        } else if (strncmp(argv[i], "-artifact_prefix=", 17) == 0) {
            artifact_prefix = value;
        }
    }
    (void)fprintf(stderr, "seed %" PRIu64 "\n", seed);
    (void)signal(SIGABRT, keep_input);
    (void)signal(SIGSEGV, keep_input);
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            read_path(argv[i]);
        }
    }
    runs = (unsigned long)n_stored;
    struct timespec start, now;
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        change_input(&seed, longest);
        run_current();
        runs++;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((double)(now.tv_sec - start.tv_sec) + 1e-9 * (double)(now.tv_nsec - start.tv_nsec) <
             seconds);
    (void)fprintf(stderr, "stat::number_of_executed_units: %lu\n", runs);
    for (size_t i = 0; i < n_stored; i++) {
        free(corpus[i].data);
    }
    return 0;
}
