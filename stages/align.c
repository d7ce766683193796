/* align - learn invertible maps between systems so that a variable can be
 * exchanged, and judge the exchange by the behaviour that follows; or score
 * (--apply) or use (--transform) maps that were learnt before. */
#include <string.h>

#include "../lib/align.h"
#include "../lib/arena.h"
#include "../lib/device.h"
#include "../lib/err.h"
#include "../lib/resume.h"
#include "../lib/setup.h"
#include "../lib/stage.h"
#include "../lib/store.h"
#include "../lib/transform.h"

static struct opt_list systems, directions;
static const char *site = "hidden", *map = "rotation", *select_by = "mean";
static const char *preset, *hold = "", *latent_norm = "relative";
static const char *apply, *transform, *out_path, *device = "cpu";
static long seed = 1, dims, batch = 512, epochs = 1000, validate = 100;
static long patience = 1000, null_draws = 100;
static double lr = 3e-3, better_iia = 1e-3, better_loss = 1e-2;
static double lambda = 0.3, checkpoint = 30;
static bool no_early_stop;
static const char *const selects[] = { "mean", "min", NULL };

static const char *applied(void)
{
    return apply || transform ? "--apply learns nothing" : NULL;
}

static const char *transformed(void)
{
    return transform ? "--transform scores nothing" : NULL;
}

static const char *all_made(void)
{
    return no_early_stop ? "--no-early-stop makes all epochs" : applied();
}

#define LEARNING .flags = OPT_RESULT, .idle = applied
#define STOPPING .flags = OPT_RESULT, .idle = all_made
#define SCORING .flags = OPT_RESULT, .idle = transformed
static const struct opt options[] = {
    { "system", OPT_INPUTS, &systems, "K=ACTIVATIONS[,MODEL]: system K, from "
      "1; without MODEL it cannot be run on", .flags = OPT_KEYED | OPT_PAIR,
      .idle = transformed },
    { "direction", OPT_INPUTS, &directions, "J:I[:ROLE]=INTERVENTIONS: system "
      "J into I; role behaviour or latent (a loss) or score (test only); else "
      "the preset's", .flags = OPT_KEYED, .idle = transformed },
    { "out", OPT_OUTPUT, &out_path, "kind alignment; with --transform kind "
      "activations", .flags = OPT_REQUIRED },
    { "preset", OPT_TEXT, &preset, "roles; mas where none are given", LEARNING,
      .choices = align_presets },
    { "hold", OPT_TEXT, &hold, "systems whose models are run for scores only, "
      "as 2 or 2,3", LEARNING },
    { "lambda", OPT_REAL, &lambda, "weight of latent beside behaviour losses",
      LEARNING, .hi = 1 },
    { "latent-norm", OPT_TEXT, &latent_norm, "distance in the latent loss",
      LEARNING, .choices = latent_norms, .note = latent_note },
    { "site", OPT_TEXT, &site, "where states are exchanged", SCORING },
    { "map", OPT_TEXT, &map, "form of the maps", LEARNING,
      .choices = amap_names, .note = amap_note },
    { "dims", OPT_INT, &dims, "K, exchanged dimensions; 0: half of the "
      "narrowest, all in linear-map, latent-stitching", LEARNING, .hi = 1e6 },
    { "seed", OPT_INT, &seed, "of bases, batches, null", SCORING, .hi = 1e9 },
    { "epochs", OPT_INT, &epochs, "at most so many passes over the samples",
      .flags = OPT_RESULT | OPT_EXTENT, .idle = applied, .lo = 1, .hi = 1e6 },
    { "batch", OPT_INT, &batch, "samples a direction and step", LEARNING,
      .lo = 1, .hi = 65536 },
    { "lr", OPT_REAL, &lr, "learning rate of Adam", LEARNING, .hi = 1e30 },
    { "validate", OPT_INT, &validate, "steps between validations", LEARNING,
      .lo = 1, .hi = 1e9 },
    { "patience", OPT_INT, &patience, "stop after so many steps without a "
      "better validation", STOPPING, .lo = 1, .hi = 1e9 },
    { "better-iia", OPT_REAL, &better_iia, "by how much a validation IIA must "
      "rise to be better", STOPPING, .hi = 1 },
    { "better-loss", OPT_REAL, &better_loss, "by what share a validation loss "
      "must fall to be better", STOPPING, .hi = 1 },
    { "no-early-stop", OPT_FLAG, &no_early_stop, "always make all epochs",
      LEARNING },
    { "select", OPT_TEXT, &select_by, "best maps: highest mean or min of "
      "validation IIA over the behaviour directions; lowest loss with latent "
      "ones", LEARNING, .choices = selects },
    { "null-draws", OPT_INT, &null_draws, "random rotations that the null is "
      "made of", SCORING, .hi = 1e6 },
    { "apply", OPT_INPUT, &apply, "learn nothing: take this alignment's maps",
      .flags = 0 },
    { "transform", OPT_INPUT, &transform, "with --apply: write these "
      "activations in the aligned space", .flags = 0 },
    { "checkpoint", OPT_REAL, &checkpoint, "seconds between checkpoints",
      .idle = applied, .hi = 1e6 },
    { "device", OPT_TEXT, &device, "where batches are run", SCORING,
      .choices = device_names, .note = device_note },
    { .name = NULL }
};

static struct align x;

static int learn(const struct stage *stage, struct store *s, struct arena *a)
{
    struct resume resume = { .every = checkpoint };

    if (apply)
        return store_read_maps(s, apply, &x, a);
    if (store_keep(s, &resume, out_path, stage_key_options(stage)))
        return -1;
    return align_learn(&x, &resume, a) ? err_in("%s", out_path) : 0;
}

static int run(const struct stage *stage)
{
    struct arena *a = arena_open();
    struct store *s = NULL;
    const struct device *on = device_find(&device);
    int rc = -1;

    x.plan = (struct align_plan){
        .site = site, .form = map, .K = (int)dims, .seed = seed,
        .batch = (int)batch, .epochs = (int)epochs,
        .null_draws = (int)null_draws, .lr = lr,
        .validate_every = (int)validate, .patience = (int)patience,
        .early_stop = !no_early_stop, .better_iia = better_iia,
        .better_loss = better_loss, .select_min = !strcmp(select_by, "min"),
        .lambda = lambda, .latent_norm = latent_norm_of(latent_norm),
    };
    if (on == NULL || a == NULL || !(s = stage_store(stage, a)))
        goto done;
    x.engine = on->align;
    if (transform)
        rc = transform_acts(s, apply, transform, out_path, a);
    if (transform || setup_systems(s, &x, &systems) ||
        setup_directions(s, &x, &directions) ||
        setup_roles(&x, preset, hold, apply != NULL) ||
        align_open(&x, a) || learn(stage, s, a) || align_score(&x, a) ||
        store_write_alignment(s, out_path, &x) || store_drop(s, out_path))
        goto done;
    align_say(&x, out_path);
    rc = 0;
done:
    store_close(s);
    arena_close(a);
    return rc;
}

int main(int argc, char **argv)
{
    return stage_main(&(struct stage){
        .name = "align",
        .summary = "learn maps between systems that let a variable be "
                   "exchanged, and judge the exchange",
        .example = "align --system 1=a.activations.h5,a.model.h5 "
                   "--direction 1:1=a-a-count.interventions.h5 --preset das "
                   "-o a-count.alignment.h5",
        .reads = "activations model interventions alignment",
        .writes = "alignment activations",
        .success = "made; 20 training failed or diverged",
        .options = options, .run = run,
    }, argc, argv);
}
