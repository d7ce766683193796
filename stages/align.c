/* align - learn invertible maps between systems so that a variable can be
 * exchanged, and judge the exchange by the behaviour that follows; or score
 * (--apply) or use (--transform) maps that were learnt before. */
#include <string.h>

#include "../lib/align.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/resume.h"
#include "../lib/setup.h"
#include "../lib/stage.h"
#include "../lib/store.h"
#include "../lib/transform.h"
#include "../schemas/schemas.h"

static struct opt_list systems, directions;
static const char *site = "hidden", *map = "rotation", *select_by = "mean";
static const char *preset, *hold = "", *latent_norm = "relative";
static const char *apply, *transform, *out_path;
static long seed = 1, dims, batch = 512, epochs = 1000, validate = 100;
static long patience = 1000, null_draws = 100;
static double lr = 3e-3, better_iia = 1e-3, better_loss = 1e-2;
static double lambda = 0.3, checkpoint = 30;
static bool no_early_stop;

static const struct opt options[] = {
    { .name = "system", .type = OPT_INPUTS, .to = &systems, .flags = OPT_PAIR,
      .help = "K=ACTIVATIONS[,MODEL]: system K, from 1; without MODEL it "
              "cannot be run on" },
    { .name = "direction", .type = OPT_INPUTS, .to = &directions,
      .help = "J:I[:ROLE]=INTERVENTIONS: system J into I; role behaviour or "
              "latent (a loss) or score (test only); else the preset's" },
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path,
      .flags = OPT_REQUIRED, .help = "kind alignment; with --transform kind "
      "activations" },
    { .name = "preset", .type = OPT_TEXT, .to = &preset, .flags = OPT_RESULT,
      .choices = align_presets, .help = "roles; mas where none are given" },
    { .name = "hold", .type = OPT_TEXT, .to = &hold, .flags = OPT_RESULT,
      .help = "systems whose models are run for scores only, as 2 or 2,3" },
    { .name = "lambda", .type = OPT_REAL, .to = &lambda, .lo = 0, .hi = 1,
      .flags = OPT_RESULT, .help = "weight of latent beside behaviour losses" },
    { .name = "latent-norm", .type = OPT_TEXT, .to = &latent_norm,
      .flags = OPT_RESULT, .choices = latent_norms, .note = latent_note,
      .help = "distance in the latent loss" },
    { .name = "site", .type = OPT_TEXT, .to = &site, .flags = OPT_RESULT,
      .help = "where states are exchanged" },
    { .name = "map", .type = OPT_TEXT, .to = &map, .flags = OPT_RESULT,
      .choices = amap_names, .note = amap_note, .help = "form of the maps" },
    { .name = "dims", .type = OPT_INT, .to = &dims, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e6, .help = "K, exchanged dimensions; 0: half of the "
      "narrowest system, all of it in linear-map, latent-stitching" },
    { .name = "seed", .type = OPT_INT, .to = &seed, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e9, .help = "of bases, batches and null" },
    { .name = "epochs", .type = OPT_INT, .to = &epochs,
      .flags = OPT_RESULT | OPT_EXTENT, .lo = 1, .hi = 1e6,
      .help = "at most so many passes over the samples" },
    { .name = "batch", .type = OPT_INT, .to = &batch, .flags = OPT_RESULT,
      .lo = 1, .hi = 65536, .help = "samples a direction and step" },
    { .name = "lr", .type = OPT_REAL, .to = &lr, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e30, .help = "learning rate of Adam" },
    { .name = "validate", .type = OPT_INT, .to = &validate, .lo = 1, .hi = 1e9,
      .flags = OPT_RESULT, .help = "steps between validations" },
    { .name = "patience", .type = OPT_INT, .to = &patience,
      .flags = OPT_RESULT, .lo = 1, .hi = 1e9,
      .help = "stop after so many steps without a better validation" },
    { .name = "better-iia", .type = OPT_REAL, .to = &better_iia,
      .flags = OPT_RESULT, .lo = 0, .hi = 1,
      .help = "by how much a validation IIA must rise to be better" },
    { .name = "better-loss", .type = OPT_REAL, .to = &better_loss,
      .flags = OPT_RESULT, .lo = 0, .hi = 1,
      .help = "by what share a validation loss must fall to be better" },
    { .name = "no-early-stop", .type = OPT_FLAG, .to = &no_early_stop,
      .flags = OPT_RESULT, .help = "always make all epochs" },
    { .name = "select", .type = OPT_TEXT, .to = &select_by,
      .flags = OPT_RESULT,
      .choices = (const char *const[]){ "mean", "min", NULL },
      .help = "best maps: highest mean or min of validation IIA over the "
              "behaviour directions; lowest loss with latent ones" },
    { .name = "null-draws", .type = OPT_INT, .to = &null_draws,
      .flags = OPT_RESULT, .lo = 0, .hi = 1e6,
      .help = "random rotations that the null is made of" },
    { .name = "apply", .type = OPT_INPUT, .to = &apply,
      .help = "learn nothing: take the maps of this alignment" },
    { .name = "transform", .type = OPT_INPUT, .to = &transform,
      .help = "with --apply: write these activations in the aligned space" },
    { .name = "checkpoint", .type = OPT_REAL, .to = &checkpoint,
      .lo = 0, .hi = 1e6, .help = "seconds between checkpoints" },
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
    if (a == NULL || !(s = stage_store(stage, a)))
        goto done;
    if (transform)
        rc = transform_acts(s, apply, transform, out_path, a);
    if (transform || setup_systems(s, &x, &systems) ||
        setup_directions(s, &x, &directions) ||
        setup_roles(&x, preset, hold, apply) ||
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
        .writes = "alignment activations", .schema = &schema_alignment,
        .options = options, .run = run,
    }, argc, argv);
}
