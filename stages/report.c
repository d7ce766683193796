/* report - join a figure's numbers into one file, draw it, hold claims. */
#include "../lib/arena.h"
#include "../lib/draw.h"
#include "../lib/err.h"
#include "../lib/plot.h"
#include "../lib/stage.h"
#include "../lib/store_report.h"

static const char *figure, *command, *draw, *recording, *out_path;
static struct opt_list alignment, null, ceiling, similarity, pretend, paths,
                       interventions, claims;
static long seed = 1, width = PLOT_WIDE;

static const struct opt table[] = {
    { .name = "figure", .type = OPT_TEXT, .to = &figure,
      .help = "name of the figure, such as figure3", .flags = OPT_RESULT },
    { .name = "command", .type = OPT_TEXT, .to = &command,
      .help = "what makes it again, to be told on pages", .flags = OPT_RESULT },
    { .name = "alignment", .type = OPT_INPUTS, .to = &alignment,
      .help = "a bar's numbers (kind alignment)" },
    { .name = "null", .type = OPT_INPUTS, .to = &null,
      .help = "the same from shuffled interventions" },
    { .name = "ceiling", .type = OPT_INPUTS, .to = &ceiling,
      .help = "DAS of one system (kind alignment)" },
    { .name = "similarity", .type = OPT_INPUTS, .to = &similarity,
      .help = "similarity without interventions (kind similarity)" },
    { .name = "pretend", .type = OPT_INPUTS, .to = &pretend, .flags = OPT_PAIR,
      .help = "ALIGNMENT[,TRUTH]: a model was a recording; TRUTH ran it" },
    { .name = "paths", .type = OPT_INPUTS, .to = &paths,
      .help = "system of few units, to draw its states (kind activations)" },
    { .name = "recording", .type = OPT_INPUT, .to = &recording,
      .help = "to be shown (kind activations)" },
    { .name = "interventions", .type = OPT_INPUTS, .to = &interventions,
      .help = "into it: which states they ask for" },
    { .name = "seed", .type = OPT_INT, .to = &seed, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e9, .help = "seed of the bootstrap" },
    { .name = "draw", .type = OPT_INPUT, .to = &draw,
      .help = "instead: a report to draw as .tsv, .svg or .html" },
    { .name = "claims", .type = OPT_INPUTS, .to = &claims,
      .help = "instead: reports to hold claims against, as .html or .tsv" },
    { .name = "width", .type = OPT_INT, .to = &width,
      .help = "mm of an .svg: 174 two columns, 85 one", .lo = 60, .hi = 400 },
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path, .flags = OPT_REQUIRED,
      .help = "file to make: kind report, or a picture, page or table" },
    { .name = NULL }
};

static struct {
    const struct stage *stage;
    struct store *store;
    struct arena *arena;
    struct report_input in;
    struct report_alignment alignment[3][OPT_LIST_MAX];
    struct report_similarity similarity[OPT_LIST_MAX];
    int nacts, npairs, nreports;
    const struct acts *acts[OPT_LIST_MAX], *recording;
    const struct pairs *pairs[OPT_LIST_MAX];
    struct report report[OPT_LIST_MAX];
    const char *path[OPT_LIST_MAX];             /* of the reports            */
} got = { .in = { .alignment = got.alignment[0], .null = got.alignment[1],
        .ceiling = got.alignment[2], .similarity = got.similarity } };

static int read_report(const char *path, struct report *r)
{
    struct store *s = stage_store(got.stage, got.arena);
    int rc = s ? store_read_report(s, path, r) : -1;

    store_close(s);
    return rc;
}

static int read_one(const char *path, void *option)
{
    struct report_input *in = &got.in;
    int *n = option == &alignment ? &in->nalignments
           : option == &null ? &in->nnulls : option == &ceiling ? &in->nceilings
           : option == &similarity ? &in->nsimilarities
           : option == &paths ? &got.nacts
           : option == &interventions ? &got.npairs : &got.nreports;
    int k = (*n)++;

    if (k == OPT_LIST_MAX)
        return err_set(EX_USAGE, "over %d files of one kind", OPT_LIST_MAX);
    if (option == &similarity)
        return store_read_similarity(got.store, path, &in->similarity[k]);
    if (option == &paths)
        return (got.acts[k] = store_read_acts(got.store, path)) ? 0 : -1;
    if (option == &interventions)
        return (got.pairs[k] = store_read_pairs(got.store, path)) ? 0 : -1;
    if (option == &claims)
        return (got.path[k] = arena_text(got.arena, "%s", path))
               ? read_report(path, &got.report[k]) : -1;
    return store_read_alignment(got.store, path, k + (option == &alignment
               ? in->alignment : option == &null ? in->null : in->ceiling));
}

static int read_all(void)
{
    for (const struct opt *o = table; o->name; o++)
        if (o->type == OPT_INPUTS && o->to != &pretend &&
            opt_inputs((struct opt[]){ *o, { .name = NULL } }, read_one, o->to))
            return -1;
    return recording && !(got.recording = store_read_acts(got.store, recording))
           ? -1 : store_read_pretended(got.store, &pretend, &got.in);
}

static int make(void)
{
    struct arena *a = got.arena;
    struct report r;

    if (claims.n)
        return draw_claims(got.report, got.path, got.nreports, out_path, a);
    if (draw)
        return read_report(draw, &r)
               ? -1 : draw_write(&r, out_path, (int)width, a);
    if (report_join(&r, figure, &got.in, seed, a) ||
        report_paths(&r, got.acts, got.nacts, a) ||
        report_session(&r, got.recording, got.pairs, got.npairs, seed, a))
        return -1;
    r.command = command;
    return store_write_report(got.store, out_path, &r);
}

static int run(const struct stage *stage)
{
    int joins = figure && alignment.n + pretend.n, rc = -1;

    if (joins + !!draw + !!claims.n != 1 || ((figure || command) && !joins))
        return err_set(EX_USAGE, "either --figure and --alignment (--pretend), "
                       "or --draw, or --claims");
    got.stage = stage;
    if ((got.arena = arena_open()) &&
        (got.store = stage_store(stage, got.arena)))
        rc = read_all() ? -1 : make();
    store_close(got.store);
    arena_close(got.arena);
    return rc;
}

int main(int argc, char **argv)
{
    return stage_main(&(struct stage){
        .name = "report", .writes = "report",
        .summary = "join a figure's numbers into one file, or draw it",
        .example = "report --draw report.h5 -o index.html",
        .reads = "alignment similarity activations interventions report",
        .options = table, .run = run
    }, argc, argv);
}
