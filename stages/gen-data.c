/* gen-data - write token sequences of a task and the causal variables behind
 * them. */
#include "../lib/arena.h"
#include "../lib/data.h"
#include "../lib/err.h"
#include "../lib/stage.h"
#include "../lib/store.h"

static const char *task_name, *out_path;
static const char *split = "train=1024,valid=1024,test=10000";
static const char *hold_out = "";
static long per_quantity, max_quantity, seed = 1;
static double void_prob;

static const char *tasks[TASKS + 1];

static const char *of_each_quantity(void)
{
    return per_quantity ? "--per-quantity makes test sequences only" : NULL;
}

static const struct opt table[] = {
    { .name = "task", .type = OPT_TEXT, .to = &task_name,
      .flags = OPT_REQUIRED | OPT_RESULT, .choices = tasks,
      .note = task_note, .help = "the causal program that writes them" },
    { .name = "split", .type = OPT_TEXT, .to = &split,
      .help = "sequences for training, validation and test",
      .flags = OPT_RESULT, .idle = of_each_quantity },
    { .name = "per-quantity", .type = OPT_INT, .to = &per_quantity,
      .help = "instead, this many test sequences of each quantity; 0: --split",
      .flags = OPT_RESULT, .lo = 0, .hi = 1000000 },
    { .name = "max-quantity", .type = OPT_INT, .to = &max_quantity,
      .help = "quantities are 1 to this; 0: the task's own largest",
      .flags = OPT_RESULT, .lo = 0, .hi = 63 },
    { .name = "void-prob", .type = OPT_REAL, .to = &void_prob,
      .help = "probability of a void token in the demo phase",
      .flags = OPT_RESULT, .lo = 0, .hi = 0.9 },
    { .name = "hold-out", .type = OPT_TEXT, .to = &hold_out,
      .help = "quantities that are never drawn, such as 3,7",
      .flags = OPT_RESULT },
    { .name = "seed", .type = OPT_INT, .to = &seed, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e9, .help = "seed of the random streams" },
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path,
      .help = "file to make (kind data)", .flags = OPT_REQUIRED },
    { .name = NULL }
};

static int run(const struct stage *stage)
{
    struct arena *arena = arena_open();
    struct store *store = NULL;
    const struct task *task;
    struct task_rule rule = { .void_prob = void_prob };
    size_t n[SPLITS];
    struct data *data;
    int rc = -1;

    if (!arena || !(store = stage_store(stage, arena)) ||
        !(task = task_find(task_name)) ||
        (data_splits(split, n) && err_in("--split")) ||
        task_hold_out(hold_out, &rule.held_out))
        goto done;
    rule.max_quantity = max_quantity ? (int)max_quantity : task->max_quantity;
    if (task_check_rule(task, &rule))
        goto done;
    data = per_quantity
         ? data_per_quantity(task, &rule, (size_t)per_quantity, seed, arena)
         : data_draw(task, &rule, n, seed, arena);
    if (!data)
        goto done;
    rc = store_write_data(store, out_path, data);
done:
    store_close(store);
    arena_close(arena);
    return rc;
}

int main(int argc, char **argv)
{
    task_names(tasks);
    return stage_main(&(struct stage){
        .name = "gen-data",
        .summary = "write token sequences of a task and the causal variables "
                   "behind them",
        .example = "gen-data --task multi-object --seed 1 -o data.h5",
        .reads = "",
        .writes = "data",
        .options = table,
        .run = run
    }, argc, argv);
}
