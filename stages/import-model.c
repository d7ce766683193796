/* import-model - take over a model that was trained elsewhere. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "../lib/adopt.h"
#include "../lib/arch.h"
#include "../lib/arena.h"
#include "../lib/data.h"
#include "../lib/err.h"
#include "../lib/guard.h"
#include "../lib/graft.h"
#include "../lib/import.h"
#include "../lib/learn.h"
#include "../lib/log.h"
#include "../lib/spelling.h"
#include "../lib/stage.h"
#include "../lib/store.h"
#include "../lib/weights.h"

static const char *weights_path, *golden_path, *data_path, *out_path;
static const char *task_name, *arch_name, *vocabulary;
static struct opt_list map;
static struct guard_limits limits = { .memory = 1 << 30 };
static long seed = 1, max_quantity;
static const char *archs[ARCHS + 1], *tasks[TASKS + 1];

static const struct opt options[] = {
    { .name = "weights", .type = OPT_INPUT, .to = &weights_path,
      .flags = OPT_REQUIRED | OPT_ANY,
      .help = "a state_dict: HDF5, a dataset a parameter, or safetensors" },
    { .name = "task", .type = OPT_TEXT, .to = &task_name, .choices = tasks,
      .flags = OPT_RESULT, .help = "its task; without it that of --data" },
    { .name = "data", .type = OPT_INPUT, .to = &data_path,
      .help = "sequences to hold it to the criterion by (kind data)" },
    { .name = "arch", .type = OPT_TEXT, .to = &arch_name, .choices = archs,
      .flags = OPT_RESULT, .help = "without it the one that fits" },
    { .name = "map", .type = OPT_LIST, .to = &map, .flags = OPT_RESULT,
      .help = "parts of parameters' names, THEIRS=OURS, such as net.gru=rnn; "
              "common spellings are known" },
    { .name = "vocabulary", .type = OPT_TEXT, .to = &vocabulary,
      .flags = OPT_RESULT, .help = "its tokens in its order: a text file, one "
      "a line; if there is none so called, a dataset (none: /vocabulary)" },
    { .name = "golden", .type = OPT_INPUT, .to = &golden_path,
      .flags = OPT_ANY, .help = "HDF5 with /golden/tokens (B,T) and "
      "/golden/logits (B,T,V), what it says to them; else in --weights" },
    { .name = "max-quantity", .type = OPT_INT, .to = &max_quantity,
      .flags = OPT_RESULT, .lo = 0, .hi = 63,
      .help = "that it was trained on; 0: that of --data or of the task" },
    { .name = "seed", .type = OPT_INT, .to = &seed, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e9, .help = "tells models of one kind apart" },
    IMPORT_MAX_MEMORY(&limits.memory),
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path,
      .flags = OPT_REQUIRED, .help = "the model (kind model)" },
    { .name = NULL }
};

/* Read what others made: weights, golden vector, tokens. */
static struct weights *read_weights(struct store *s, struct arena *a)
{
    const char *list = vocabulary && !access(vocabulary, F_OK) ? vocabulary
                                                               : NULL;

    if (adopt_refuse_ours(weights_path) || store_foreign(s, weights_path) ||
        (golden_path && (adopt_refuse_ours(golden_path) ||
                         store_foreign(s, golden_path))) ||
        (list && store_foreign(s, list)))
        return NULL;
    return weights_gather(weights_path, golden_path, list, vocabulary, &limits,
                          a);
}

/* The sequences, or what is known of them without a file. */
static struct data *read_data(struct store *s, struct arena *a)
{
    struct data *d = data_path ? store_read_data(s, data_path)
                               : arena_get(a, 1, sizeof *d);

    if (!d || (!data_path && !(d->task = task_find(task_name))))
        return NULL;
    if (task_name && strcmp(task_name, d->task->name)) {
        err_set(EX_DATAERR, "%s: sequences of task %s, not of %s", data_path,
                d->task->name, task_name);
        return NULL;
    }
    if (max_quantity || !data_path)
        d->rule.max_quantity = max_quantity ? (int)max_quantity
                                            : d->task->max_quantity;
    return task_runs(d->task) && task_check_rule(d->task, &d->rule) ? NULL : d;
}

static int import(struct store *s, struct arena *a)
{
    struct learn_result result = { .train_accuracy = NAN,
        .valid_accuracy = NAN, .test_accuracy = NAN,
        .test_token_accuracy = NAN };
    struct data *d = read_data(s, a);
    struct weights *w = d ? read_weights(s, a) : NULL;
    struct graft_result y;

    if (!w || graft(&y, w, &(struct graft_plan){
                .arch = arch_name ? arch_find(arch_name) : NULL,
                .nmap = map.n, .map = map.item, .V = d->task->V,
                .token = d->task->vocabulary, .ntheirs = w->ntokens,
                .theirs = w->token }, a))
        return -1;
    if (*y.unused)
        log_line("%s: not taken: %s", weights_path, y.unused);
    if (*y.unknown)
        log_line("%s: tokens not taken: %s", weights_path, y.unknown);
    if (data_path && learn_measure(y.model, d, &result, a))
        return err_in("%s", data_path);
    if (store_write_model(s, out_path, y.model, &(struct train_record){
            d, &result, seed, "imported", false }))
        return -1;
    log_line("%s: %s of width %d, criterion %s; logits differ by at most %.2g",
             out_path, y.model->arch->name, y.model->C, !data_path
             ? "not measured" : result.criterion_met ? "met" : "not met",
             y.worst);
    return 0;
}

static int run(const struct stage *stage)
{
    struct arena *a = arena_open();
    struct store *s = a ? stage_store(stage, a) : NULL;
    int rc = s ? 0 : -1;

    for (int i = 0; !rc && i < map.n; i++)
        rc = spelling_check(map.item[i]);
    if (!rc && !task_name && !data_path)
        rc = err_set(EX_USAGE, "--task or --data: which task is it?");
    rc = rc || import(s, a) ? -1 : 0;
    store_close(s);
    arena_close(a);
    return rc;
}

int main(int argc, char **argv)
{
    arch_names(archs);
    task_names(tasks);
    return stage_main(&(struct stage){
        .name = "import-model",
        .summary = "take over a model that was trained elsewhere",
        .example = "import-model --weights theirs.h5 --task multi-object "
                   "--data multi-object.data.h5 -o theirs.model.h5",
        .reads = "data foreign", .writes = "model",
        .options = options, .run = run }, argc, argv);
}
