/* build-cf-latents - draw the intervention samples of one direction, their
 * counterfactual sequences, and recorded states of the target that have the
 * wanted variables. It runs no model. */
#include <string.h>

#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/log.h"
#include "../lib/pairs.h"
#include "../lib/stage.h"
#include "../lib/store.h"

static const char *target_path, *source_path, *out_path, *variable;
static const char *site = "hidden", *match = "none";
static const char *samples = "train=10000,valid=1000,test=1000";
static bool shuffled;
static long seed = 1;

static const char *const matches[] = { "none", "phase", NULL };

static const struct opt table[] = {
    { .name = "target", .type = OPT_INPUT, .to = &target_path,
      .help = "system that is intervened upon (kind activations)",
      .flags = OPT_REQUIRED },
    { .name = "source", .type = OPT_INPUT, .to = &source_path,
      .help = "system that the variable comes from (kind activations)",
      .flags = OPT_REQUIRED },
    { .name = "variable", .type = OPT_TEXT, .to = &variable,
      .help = "the source's variable, or SOURCE:TARGET; full: all",
      .flags = OPT_REQUIRED | OPT_RESULT },
    { .name = "site", .type = OPT_TEXT, .to = &site,
      .help = "site of the exchange", .flags = OPT_RESULT },
    { .name = "samples", .type = OPT_TEXT, .to = &samples,
      .help = "samples for training, validation and test",
      .flags = OPT_RESULT },
    { .name = "match", .type = OPT_TEXT, .to = &match,
      .help = "variable that both steps must agree in: none or phase",
      .flags = OPT_RESULT, .choices = matches },
    { .name = "shuffle", .type = OPT_FLAG, .to = &shuffled,
      .help = "permute the source rows among the samples: the null",
      .flags = OPT_RESULT },
    { .name = "seed", .type = OPT_INT, .to = &seed, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e9, .help = "seed of the draws" },
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path,
      .help = "file to make (kind interventions)", .flags = OPT_REQUIRED },
    { .name = NULL }
};

/* "count:rem_ops", or "count" for "count:count". */
static int name_variables(struct pairs_plan *plan, struct arena *a)
{
    int size = (int)strcspn(variable, ":");

    plan->source_variable = arena_text(a, "%.*s", size, variable);
    plan->target_variable = variable[size] ? variable + size + 1 : variable;
    return plan->source_variable ? 0 : -1;
}

static int run(const struct stage *stage)
{
    struct pairs_plan plan = { .site = site, .shuffle = shuffled,
                               .match_phase = strcmp(match, "phase") == 0,
                               .seed = seed };
    struct arena *arena = arena_open();
    struct store *store = NULL;
    struct acts *target, *source;
    struct pairs *pairs;
    int rc = -1;

    if (!arena || (data_splits(samples, plan.n) && err_in("--samples")) ||
        name_variables(&plan, arena) ||
        !(store = stage_store(stage, arena)) ||
        !(target = store_read_rows(store, target_path)) ||
        !(source = store_read_rows(store, source_path)) ||
        !(pairs = pairs_draw(target, source, &plan, arena)))
        goto done;
    if (pairs->misses && strcmp(site, "embedding"))
        log_line("%s: %zu of %zu samples have no counterfactual latent: no "
                 "state of their variables was recorded", out_path,
                 pairs->misses, pairs->P);
    rc = store_write_pairs(store, out_path, pairs);
done:
    store_close(store);
    arena_close(arena);
    return rc;
}

int main(int argc, char **argv)
{
    return stage_main(&(struct stage){
        .name = "build-cf-latents",
        .summary = "draw the intervention samples of one direction and their "
                   "counterfactuals",
        .example = "build-cf-latents --target a.h5 --source b.h5 "
                   "--variable count:rem_ops -o b-to-a.h5",
        .reads = "activations",
        .writes = "interventions",
        .options = table,
        .run = run
    }, argc, argv);
}
