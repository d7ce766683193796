/* record-activations - run a trained model over a data file and keep the state
 * of every step at every site where interventions may happen; or, with --units
 * or --noise, what a recording of the model would have of it. */
#include <string.h>

#include "../lib/acts.h"
#include "../lib/arena.h"
#include "../lib/device.h"
#include "../lib/err.h"
#include "../lib/pretend.h"
#include "../lib/stage.h"
#include "../lib/store.h"

static const char *data_path, *model_path, *out_path, *device = "cpu";
static struct pretend_plan pretend = { .seed = 1 };

static const char *drawn(void)
{
    return pretend.units || pretend.noise > 0 ? NULL :
           "nothing is drawn without --units or --noise";
}

static const struct opt options[] = {
    { .name = "model", .type = OPT_INPUT, .to = &model_path,
      .flags = OPT_REQUIRED, .help = "trained model (kind model)" },
    { .name = "data", .type = OPT_INPUT, .to = &data_path,
      .flags = OPT_REQUIRED, .help = "sequences (kind data)" },
    { .name = "units", .type = OPT_INT, .to = &pretend.units,
      .flags = OPT_RESULT, .lo = 0, .hi = 1e6,
      .help = "pretend to have recorded so many of its units at each site, "
              "drawn at random, without access to the model; 0: all" },
    { .name = "noise", .type = OPT_REAL, .to = &pretend.noise,
      .flags = OPT_RESULT, .lo = 0, .hi = 1e6,
      .help = "pretend so: SD of the noise in each unit, in its own SDs" },
    { .name = "seed", .type = OPT_INT, .to = &pretend.seed,
      .flags = OPT_RESULT, .idle = drawn, .lo = 0, .hi = 1e9,
      .help = "of units and noise" },
    { .name = "device", .type = OPT_TEXT, .to = &device, .flags = OPT_RESULT,
      .choices = device_names, .note = device_note,
      .help = "where the model is run" },
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path,
      .flags = OPT_REQUIRED, .help = "its states (kind activations)" },
    { .name = NULL }
};

static int run(const struct stage *stage)
{
    const struct device *on = device_find(&device);
    struct arena *a = arena_open();
    struct store *s = NULL;
    struct model *m = NULL;
    struct data *data = NULL;
    struct acts *x = NULL;
    struct model_card card;
    int rc = -1;

    if (on == NULL || a == NULL || !(s = stage_store(stage, a)) ||
        !(m = store_read_model(s, model_path, &card)) ||
        !(data = store_read_data(s, data_path)))
        goto done;
    if (!task_same(card.of, data->task)) {
        bool alike = !strcmp(card.task, data->task->name);
        err_set(EX_DATAERR, "%s: sequences of task %s, but %s was trained on "
                "%s%s", data_path, data->task->name, model_path, card.task,
                alike ? " with other tokens" : "");
        goto done;
    }
    if (data->rule.max_quantity > card.max_quantity) {
        err_set(EX_DATAERR, "%s: quantities up to %d, but %s was trained on up "
                "to %d", data_path, data->rule.max_quantity, model_path,
                card.max_quantity);
        goto done;
    }
    if (!(x = acts_record(m, data, on->record, a)))
        goto done;
    if ((pretend.units || pretend.noise > 0) &&
        pretend_record(x, &pretend, a))
        goto done;
    x->system = card.name;
    x->seed = card.seed;
    x->criterion_met = card.criterion_met;
    rc = store_write_acts(s, out_path, x);
done:
    store_close(s);
    arena_close(a);
    return rc;
}

int main(int argc, char **argv)
{
    return stage_main(&(struct stage){
        .name = "record-activations",
        .summary = "record the states of a model, a row a step",
        .example = "record-activations --model gru-multi-object-s1.model.h5 "
                   "--data multi-object.align.data.h5 "
                   "-o gru-multi-object-s1.align.activations.h5",
        .reads = "model data", .writes = "activations",
        .options = options, .run = run,
    }, argc, argv);
}
