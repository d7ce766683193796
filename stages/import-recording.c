/* import-recording - someone else's recording becomes activations: states that
 * maps are learnt from, of a system that cannot be run. */
#include <stdio.h>

#include "../lib/acts.h"
#include "../lib/adopt.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/import.h"
#include "../lib/stage.h"
#include "../lib/store.h"

static struct import_file file = { .format = "auto",
                                   .limits.memory = 1 << 30 };
static struct import_plan plan = { .max_missing = 0.1, .seed = 1 };
static struct opt_list variables, codes;
static const char *formats[FORMATS + 2], *out_path, *split_by;
static bool list;

static const char *listing(void)
{
    return list ? "--list makes no file" : NULL;
}

static const char *drawing(void)
{
    return file.plan.split ? "--split names the splits" : listing();
}

#define IMPORTING .flags = OPT_RESULT, .idle = listing
#define DRAWING .flags = OPT_RESULT, .idle = drawing
static const struct opt table[] = {
    { .name = "file", .type = OPT_INPUT, .to = &file.path,
      .help = "the recording: HDF5", .flags = OPT_REQUIRED | OPT_ANY },
    { .name = "list", .type = OPT_FLAG, .to = &list,
      .help = "say what it holds, and a command that imports it" },
    { .name = "format", .type = OPT_TEXT, .to = &file.format,
      .help = "how to read it", .choices = formats, .flags = OPT_RESULT },
    { .name = "states", .type = OPT_TEXT, .to = &file.plan.states,
      .help = "plain, matlab: array of states", IMPORTING },
    { .name = "layout", .type = OPT_TEXT, .to = &file.plan.layout,
      .help = "its axes as listed: trial,time,unit", IMPORTING },
    { .name = "length", .type = OPT_TEXT, .to = &file.plan.length,
      .help = "plain, matlab: rows of each trial", IMPORTING },
    { .name = "time", .type = OPT_TEXT, .to = &file.plan.time,
      .help = "plain, matlab: when each row begins", IMPORTING },
    { .name = "bin", .type = OPT_REAL, .to = &file.plan.bin, IMPORTING,
      .help = "nwb, matlab: seconds of a bin; 0: series as it is", .hi = 1e6 },
    { .name = "spikes", .type = OPT_TEXT, .to = &file.plan.spikes,
      .help = "matlab: cell of spike times", IMPORTING },
    { .name = "series", .type = OPT_TEXT, .to = &file.plan.series,
      .help = "nwb: a series in place of spikes", IMPORTING },
    { .name = "units", .type = OPT_TEXT, .to = &file.plan.units,
      .help = "units: 'quality==good' or != < <= > >=", IMPORTING },
    { .name = "align", .type = OPT_TEXT, .to = &file.plan.align,
      .help = "column of the trials: 0 of --window", IMPORTING },
    { .name = "window", .type = OPT_TEXT, .to = &file.plan.window, IMPORTING,
      .help = "rows of a trial: -0.25:0.45, s; matlab: trials.on:trials.off" },
    { .name = "trial", .type = OPT_TEXT, .to = &file.plan.trial,
      .help = "trial of each row; nwb: table of trials", IMPORTING },
    { .name = "variable", .type = OPT_LIST, .to = &variables, IMPORTING,
      .help = "NAME=DATASET, nwb: =TABLE:COLUMN, matlab: =STRUCT.FIELD" },
    { .name = "codes", .type = OPT_LIST, .to = &codes,
      .help = "NAME=TEXT,TEXT: what 0, 1, ... are", IMPORTING },
    { .name = "split", .type = OPT_TEXT, .to = &file.plan.split, IMPORTING,
      .help = "DATASET, COLUMN or FIELD of train, valid, test or 0, 1, 2" },
    { .name = "split-by", .type = OPT_TEXT, .to = &split_by, DRAWING,
      .help = "shares of the trials; none: train=0.8,valid=0.1,test=0.1" },
    { .name = "seed", .type = OPT_INT, .to = &plan.seed, DRAWING,
      .lo = 0, .hi = 1e9, .help = "seed of that split" },
    { .name = "drop-nan", .type = OPT_FLAG, .to = &plan.treat.drop_nan,
      .help = "drop rows in which a unit is NaN", IMPORTING },
    { .name = "sqrt", .type = OPT_FLAG, .to = &plan.treat.sqrt,
      .help = "take square roots", IMPORTING },
    { .name = "smooth", .type = OPT_REAL, .to = &plan.treat.smooth, IMPORTING,
      .help = "SD of a Gaussian, s (rows without times); 0: none", .hi = 1e6 },
    { .name = "zscore", .type = OPT_FLAG, .to = &plan.treat.zscore,
      .help = "z-score units by the training trials", IMPORTING },
    { .name = "name", .type = OPT_TEXT, .to = &plan.system,
      .help = "name of the system; none: the file's", IMPORTING },
    { .name = "max-missing", .type = OPT_REAL, .to = &plan.max_missing,
      .help = "accepted share of training rows that are missing", .hi = 1,
      .idle = listing },
    IMPORT_MAX_MEMORY(&file.limits.memory),
    { .name = "max-seconds", .type = OPT_REAL, .to = &file.limits.seconds,
      .help = "seconds to read it in; 0: by its size", .hi = 1e6 },
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path, .idle = listing,
      .help = "file to make (kind activations); required but for --list" },
    { .name = NULL }
};

static int check_options(void)
{
    if (!list && !out_path)
        return err_set(EX_USAGE, "--out: required (see --help)");
    plan.path = file.path;
    file.plan.nvariables = variables.n;
    file.plan.variable = variables.item;
    plan.ncodes = codes.n;
    plan.codes = codes.item;
    return import_shares(split_by, plan.share);
}

static int print_list(struct arena *a)
{
    size_t n;
    const char **line = import_list(&file, &n, a);

    for (size_t i = 0; line && i < n; i++)
        puts(line[i]);
    if (line && fflush(stdout))
        return err_set(EX_IOERR, "the list cannot be printed");
    return line ? 0 : -1;
}

static int run(const struct stage *stage)
{
    struct arena *a = arena_open();
    struct store *s = NULL;
    struct parcel *parcel = NULL;
    struct recording *r;
    struct acts *x;
    int rc = -1;

    if (!a || check_options() || adopt_refuse_ours(file.path))
        goto done;
    if (list)
        rc = print_list(a);
    else if ((s = stage_store(stage, a)) && !store_foreign(s, file.path) &&
             (r = import_read(&file, &parcel, a)) &&
             (x = import_acts(r, &plan, a)))
        rc = store_write_acts(s, out_path, x);
done:
    store_close(s);
    guard_release(parcel);
    arena_close(a);
    return rc;
}

int main(int argc, char **argv)
{
    format_names(formats);
    return stage_main(&(struct stage){
        .name = "import-recording",
        .summary = "make activations of a recording: NWB, MATLAB, plain HDF5",
        .example = "import-recording --file monkey.nwb --bin 0.02 "
                   "--variable count=trials:n_items -o monkey.activations.h5",
        .reads = "foreign", .writes = "activations",
        .options = table, .run = run }, argc, argv);
}
