/* rsa - similarity of two systems' states without interventions: RSA, CKA,
 * Procrustes. */
#include <stdio.h>

#include "../lib/acts.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/log.h"
#include "../lib/sim.h"
#include "../lib/stage.h"
#include "../lib/store_report.h"

static struct opt_list activations;
static const char *out_path;
static struct sim_plan plan = { .site = "hidden", .rows = 300, .draws = 10,
                                .seed = 1, .steps = "all" };

static const struct opt table[] = {
    { .name = "activations", .type = OPT_INPUTS, .to = &activations,
      .help = "states of a system (kind activations); give two, with the "
              "same task or tasks of one form",
      .flags = OPT_REQUIRED | OPT_KEYED },
    { .name = "site", .type = OPT_TEXT, .to = &plan.site,
      .help = "site of the states", .flags = OPT_RESULT },
    { .name = "steps", .type = OPT_TEXT, .to = &plan.steps,
      .help = "which rows: all; eligible, where swaps may happen; last, one a "
              "trial; or those where a variable has a value: phase=0",
      .flags = OPT_RESULT },
    { .name = "rows", .type = OPT_INT, .to = &plan.rows,
      .help = "pairs of rows in a draw", .flags = OPT_RESULT,
      .lo = 4, .hi = 20000 },
    { .name = "draws", .type = OPT_INT, .to = &plan.draws,
      .help = "random draws of rows, without replacement",
      .flags = OPT_RESULT, .lo = 1, .hi = 10000 },
    { .name = "seed", .type = OPT_INT, .to = &plan.seed, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e9, .help = "seed of the draws" },
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path,
      .help = "file to make (kind similarity)", .flags = OPT_REQUIRED },
    { .name = NULL }
};

/* What --activations named: the number is not needed, but must be right. */
static int read_systems(struct store *store, const struct acts *x[2])
{
    if (activations.n != 2)
        return err_set(EX_USAGE, "--activations: two systems are compared, not "
                       "%d", activations.n);
    for (int i = 0; i < 2; i++) {
        const char *word = activations.item[i];
        int number = 0, end = 0;
        sscanf(word, "%d=%n", &number, &end);
        if (end && number != i + 1)
            return err_set(EX_USAGE, "--activations %s: want %d=ACTIVATIONS",
                           word, i + 1);
        if (!(x[i] = store_read_acts(store, word + end)))
            return -1;
    }
    return 0;
}

static int run(const struct stage *stage)
{
    struct arena *arena = arena_open();
    struct store *store = NULL;
    const struct acts *x[2] = { NULL };
    struct sim_result y;
    int rc = -1;

    if (!arena || !(store = stage_store(stage, arena)) ||
        read_systems(store, x) || sim_compare(&y, &plan, x[0], x[1], arena))
        goto done;
    if (y.rows < plan.rows)
        log_line("%s: %d pairs of rows in all, fewer than %ld: taken once",
                 out_path, y.rows, plan.rows);
    for (int i = 0; i < y.nscores; i++)
        if (i == 0 || y.score[i].measure != y.score[i - 1].measure)
            log_line("%s: %s (%s) %.4f", out_path, y.score[i].measure->name,
                     y.score[i].options, y.score[i].value);
    rc = store_write_similarity(store, out_path, &plan, &y, x[0], x[1]);
done:
    store_close(store);
    arena_close(arena);
    return rc;
}

int main(int argc, char **argv)
{
    return stage_main(&(struct stage){
        .name = "rsa",
        .summary = "compare two systems' states without interventions. RSA "
                   "in 36 ways: rows by Pearson correlation, cosine or L2 "
                   "distance; triangles by Spearman, Pearson or Kendall's "
                   "tau-b; without or with the diagonal; units as they are or "
                   "z-scored. Linear CKA, biased and unbiased. Orthogonal "
                   "Procrustes, similarity and distance",
        .example = "rsa --activations 1=a.h5 --activations 2=b.h5 "
                   "-o similarity.h5",
        .reads = "activations",
        .writes = "similarity",
        .options = table,
        .run = run
    }, argc, argv);
}
