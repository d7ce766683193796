/* report - join a figure's numbers into one file; draw such a file. */
#include "../lib/arena.h"
#include "../lib/draw.h"
#include "../lib/err.h"
#include "../lib/plot.h"
#include "../lib/stage.h"
#include "../lib/store_report.h"

static const char *figure, *draw, *out_path;
static struct opt_list alignment, null, ceiling, similarity;
static long seed = 1, width = PLOT_WIDE;

static const struct opt table[] = {
    { .name = "figure", .type = OPT_TEXT, .to = &figure,
      .help = "name of the figure, such as figure3", .flags = OPT_RESULT },
    { .name = "alignment", .type = OPT_INPUTS, .to = &alignment,
      .help = "a bar's numbers (kind alignment)" },
    { .name = "null", .type = OPT_INPUTS, .to = &null,
      .help = "the same from shuffled interventions" },
    { .name = "ceiling", .type = OPT_INPUTS, .to = &ceiling,
      .help = "DAS of one system (kind alignment)" },
    { .name = "similarity", .type = OPT_INPUTS, .to = &similarity,
      .help = "similarity without interventions (kind similarity)" },
    { .name = "seed", .type = OPT_INT, .to = &seed,
      .help = "seed of the bootstrap", .flags = OPT_RESULT },
    { .name = "draw", .type = OPT_INPUT, .to = &draw,
      .help = "instead: a report to draw as .tsv, .svg or .html" },
    { .name = "width", .type = OPT_INT, .to = &width,
      .help = "width of an .svg in mm: 174 is two columns of a paper, 85 one",
      .lo = 60, .hi = 400 },
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path,
      .help = "file to make: kind report, or a picture, page or table",
      .flags = OPT_REQUIRED },
    { .name = NULL }
};

/* Where the files of one option go: at most OPT_LIST_MAX times a few. */
enum { FILES_MAX = 1024 };

struct reading {
    struct store *store;
    int n;
    struct report_alignment *alignment;         /* or */
    struct report_similarity *similarity;
};

static int read_one(const char *path, void *with)
{
    struct reading *to = with;
    int n = to->n++;

    if (n == FILES_MAX)
        return err_set(EX_USAGE, "more than %d files of one kind", FILES_MAX);
    return to->alignment
        ? store_read_alignment(to->store, path, &to->alignment[n])
        : store_read_similarity(to->store, path, &to->similarity[n]);
}

/* Read all files of the option whose list this is. -1, or how many. */
static int read_all(struct reading to, const struct opt_list *list)
{
    const struct opt *o = table;

    while (o->to != list)
        o++;
    return opt_inputs((struct opt[]){ *o, { .name = NULL } }, read_one, &to)
           ? -1 : to.n;
}

static int join(struct store *s, struct arena *a)
{
    struct report_input in = {
        .alignment = arena_get(a, FILES_MAX, sizeof *in.alignment),
        .null = arena_get(a, FILES_MAX, sizeof *in.null),
        .ceiling = arena_get(a, FILES_MAX, sizeof *in.ceiling),
        .similarity = arena_get(a, FILES_MAX, sizeof *in.similarity),
    };
    struct report r;

    if (!in.alignment || !in.null || !in.ceiling || !in.similarity ||
        (in.nalignments = read_all((struct reading){
             .store = s, .alignment = in.alignment }, &alignment)) < 0 ||
        (in.nnulls = read_all((struct reading){
             .store = s, .alignment = in.null }, &null)) < 0 ||
        (in.nceilings = read_all((struct reading){
             .store = s, .alignment = in.ceiling }, &ceiling)) < 0 ||
        (in.nsimilarities = read_all((struct reading){
             .store = s, .similarity = in.similarity }, &similarity)) < 0 ||
        report_join(&r, figure, &in, seed, a))
        return -1;
    return store_write_report(s, out_path, &r);
}

static int picture(struct store *s, struct arena *a)
{
    struct report r;

    return store_read_report(s, draw, &r) ||
           draw_write(&r, out_path, (int)width, a) ? -1 : 0;
}

static int run(const struct stage *stage)
{
    struct arena *arena = arena_open();
    struct store *store = NULL;
    int rc = -1;

    if (!arena || !(store = stage_store(stage, arena)))
        goto done;
    if (draw && !figure && !alignment.n)
        rc = picture(store, arena);
    else if (!draw && figure && alignment.n)
        rc = join(store, arena);
    else
        err_set(EX_USAGE, "either --figure and --alignment, or --draw");
done:
    store_close(store);
    arena_close(arena);
    return rc;
}

int main(int argc, char **argv)
{
    return stage_main(&(struct stage){
        .name = "report",
        .summary = "join a figure's numbers into one file, or draw it",
        .example = "report --draw report.h5 -o index.html",
        .reads = "alignment similarity report",
        .writes = "report",
        .options = table,
        .run = run
    }, argc, argv);
}
