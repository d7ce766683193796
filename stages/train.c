/* train - train a model on a task's sequences until it meets the criterion. */
#include <string.h>

#include "../lib/arch.h"
#include "../lib/arena.h"
#include "../lib/data.h"
#include "../lib/device.h"
#include "../lib/err.h"
#include "../lib/learn.h"
#include "../lib/log.h"
#include "../lib/resume.h"
#include "../lib/rng.h"
#include "../lib/stage.h"
#include "../lib/store.h"

static const char *data_path, *out_path;
static const char *arch = "gru", *init = "default", *criterion = "paper";
static const char *device = "cpu";
static long seed = 1, width = 48, batch = 128, epochs = 4000;
static double chrono = 50, dropout = 0.5, block_dropout, checkpoint = 30;
static double lr = 1e-3, lr_min = 1e-7, warmup = 100, decay = 0.5;
static bool fresh;
static const char *archs[ARCHS + 1];

static const char *no_blocks(void)
{
    return arch_find(arch)->blocks ? NULL : "this --arch has no blocks";
}

static const char *no_chrono(void)
{
    return strcmp(init, "chrono") ? "it is for --init chrono" : NULL;
}

static const struct opt options[] = {
    { .name = "data", .type = OPT_INPUT, .to = &data_path,
      .flags = OPT_REQUIRED, .help = "sequences (kind data)" },
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path,
      .flags = OPT_REQUIRED, .help = "the trained model (kind model)" },
    { .name = "arch", .type = OPT_TEXT, .to = &arch, .flags = OPT_RESULT,
      .choices = archs, .note = arch_note, .help = "architecture" },
    { .name = "width", .type = OPT_INT, .to = &width, .flags = OPT_RESULT,
      .lo = 1, .hi = 4096, .help = "width C of embedding and state" },
    { .name = "seed", .type = OPT_INT, .to = &seed, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e9, .help = "of initialisation, order and dropout" },
    { .name = "epochs", .type = OPT_INT, .to = &epochs,
      .flags = OPT_RESULT | OPT_EXTENT, .lo = 1, .hi = 1e6,
      .help = "at most so many; it stops at the criterion" },
    { .name = "batch", .type = OPT_INT, .to = &batch, .flags = OPT_RESULT,
      .lo = 1, .hi = 65536, .help = "sequences of a gradient step" },
    { .name = "lr", .type = OPT_REAL, .to = &lr, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e30, .help = "largest learning rate" },
    { .name = "lr-min", .type = OPT_REAL, .to = &lr_min, .flags = OPT_RESULT,
      .lo = 0, .hi = 10, .help = "smallest learning rate after warmup" },
    { .name = "warmup", .type = OPT_REAL, .to = &warmup, .flags = OPT_RESULT,
      .lo = 1, .hi = 1e6, .help = "steps of linear warmup" },
    { .name = "decay", .type = OPT_REAL, .to = &decay, .flags = OPT_RESULT,
      .lo = 0, .hi = 10, .help = "power of the decay after warmup" },
    { .name = "dropout", .type = OPT_REAL, .to = &dropout,
      .flags = OPT_RESULT, .lo = 0, .hi = 0.99,
      .help = "in the head's hidden layer, in steps of 1/256" },
    { .name = "block-dropout", .type = OPT_REAL, .to = &block_dropout,
      .flags = OPT_RESULT, .idle = no_blocks, .lo = 0, .hi = 0.99,
      .help = "inside a transformer's blocks, likewise" },
    { .name = "init", .type = OPT_TEXT, .to = &init, .flags = OPT_RESULT,
      .choices = (const char *const[]){ "default", "chrono", NULL },
      .help = "PyTorch's initialisation, or chrono (Tallec & Ollivier 2018) "
              "on top: bias of the gate that keeps the state += ln U(1, chrono "
              "- 1)" },
    { .name = "chrono", .type = OPT_REAL, .to = &chrono, .flags = OPT_RESULT,
      .idle = no_chrono, .lo = 2, .hi = 1e6,
      .help = "longest memory, in steps, of chrono" },
    { .name = "fresh", .type = OPT_FLAG, .to = &fresh, .flags = OPT_RESULT,
      .help = "new training sequences each epoch" },
    { .name = "criterion", .type = OPT_TEXT, .to = &criterion,
      .flags = OPT_RESULT,
      .choices = (const char *const[]){ "paper", "none", NULL },
      .help = "paper: every determined token of training and validation right "
              "twice in a row and above 0.9999 on test, else exit 20; none: "
              "write the model after all epochs, marked as such" },
    { .name = "device", .type = OPT_TEXT, .to = &device, .flags = OPT_RESULT,
      .choices = device_names, .note = device_note,
      .help = "where sequences are run" },
    { .name = "checkpoint", .type = OPT_REAL, .to = &checkpoint,
      .lo = 0, .hi = 1e6, .help = "seconds between checkpoints" },
    { .name = NULL }
};

static int run(const struct stage *stage)
{
    struct arena *a = arena_open();
    struct store *s = NULL;
    struct data *data = NULL;
    struct model *m = NULL;
    struct resume resume = { .every = checkpoint };
    struct learn_result result;
    const struct device *on = device_find(&device);
    const struct learn_plan plan = {
        .seed = seed, .batch = (int)batch, .epochs = (int)epochs, .lr = lr,
        .lr_min = lr_min, .warmup = warmup, .decay = decay,
        .dropout = dropout, .block_dropout = block_dropout, .fresh = fresh,
        .criterion = strcmp(criterion, "paper") == 0,
        .engine = on ? on->learn : NULL,
    };
    const struct arch *of = arch_find(arch);
    int rc = -1;

    if (on == NULL || of == NULL || a == NULL)
        goto done;
    if (!no_chrono() && !arch_has_gate(of)) {
        err_set(EX_USAGE, "--init chrono: no gate of a %s keeps a state", arch);
        goto done;
    }
    if (!(s = stage_store(stage, a)) ||
        !(data = store_read_data(s, data_path)) ||
        !(m = model_open(of, (int)width, data->task->V, a)) ||
        store_keep(s, &resume, out_path, stage_key_options(stage)))
        goto done;
    /* Models of one seed but of two kinds share no first parameters: they
     * would be alike before they learn. */
    model_draw(m, rng_key((uint64_t)seed, 2, (const char *[]){
                   arch, data->task->name }),
               strcmp(init, "chrono") == 0 ? chrono : 0);
    if (learn(m, data, &plan, &resume, &result, a)) {
        err_in("%s", out_path);
        goto done;
    }
    struct train_record record = { data, &result, seed, init, fresh };
    if (store_write_model(s, out_path, m, &record) ||
        store_drop(s, out_path))
        goto done;
    log_line("%s: %s after %d epochs; sequences right: %.4f of training, "
             "%.4f of validation, %.4f of test", out_path,
             result.criterion_met ? "criterion met" : "criterion not asked",
             result.epochs, result.train_accuracy, result.valid_accuracy,
             result.test_accuracy);
    rc = 0;
done:
    store_close(s);
    arena_close(a);
    return rc;
}

int main(int argc, char **argv)
{
    arch_names(archs);
    return stage_main(&(struct stage){
        .name = "train",
        .summary = "train a sequence model on a task until it meets the "
                   "criterion",
        .example = "train --data multi-object.data.h5 --arch gru --seed 1 "
                   "-o gru-multi-object-s1.model.h5",
        .reads = "data", .writes = "model",
        .success = "made; 20 training failed or diverged",
        .options = options, .run = run,
    }, argc, argv);
}
