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

static const char *drawn(void)
{
    return draw || claims.n ? "nothing is joined" : NULL;
}

static const char *joined(void)
{
    return draw_is(out_path, ".svg") && draw ? NULL : "no .svg is drawn";
}

static const struct opt table[] = {
    { .name = "figure", .type = OPT_TEXT, .to = &figure,
      .help = "name of the figure, such as figure3", .flags = OPT_RESULT },
    { .name = "command", .type = OPT_TEXT, .to = &command,
      .help = "what makes it again, to be told on pages", .flags = OPT_RESULT },
    { .name = "alignment", .type = OPT_INPUTS, .to = &alignment,
      .help = "a bar's numbers (kind alignment)", .idle = drawn },
    { .name = "null", .type = OPT_INPUTS, .to = &null,
      .help = "the same from shuffled interventions", .idle = drawn },
    { .name = "ceiling", .type = OPT_INPUTS, .to = &ceiling,
      .help = "DAS of one system (kind alignment)", .idle = drawn },
    { .name = "similarity", .type = OPT_INPUTS, .to = &similarity,
      .help = "scores without interventions (kind similarity)", .idle = drawn },
    { .name = "pretend", .type = OPT_INPUTS, .to = &pretend, .flags = OPT_PAIR,
      .help = "ALIGNMENT[,TRUTH]: a model was a recording; TRUTH ran it",
      .idle = drawn },
    { .name = "paths", .type = OPT_INPUTS, .to = &paths, .idle = drawn,
      .help = "system of few units, to draw its states (kind activations)" },
    { .name = "recording", .type = OPT_INPUT, .to = &recording,
      .help = "to be shown (kind activations)", .idle = drawn },
    { .name = "interventions", .type = OPT_INPUTS, .to = &interventions,
      .help = "into it: which states they ask for", .idle = drawn },
    { .name = "seed", .type = OPT_INT, .to = &seed, .flags = OPT_RESULT,
      .lo = 0, .hi = 1e9, .help = "seed of the bootstrap", .idle = drawn },
    { .name = "draw", .type = OPT_INPUT, .to = &draw,
      .help = "instead: a report to draw as .tsv, .svg or .html" },
    { .name = "claims", .type = OPT_INPUTS, .to = &claims,
      .help = "instead: reports to hold claims against, as .html or .tsv" },
    { .name = "width", .type = OPT_INT, .to = &width, .lo = 60, .hi = 400,
      .help = "mm of an .svg: 174 two columns, 85 one", .idle = joined },
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path, .flags = OPT_REQUIRED,
      .help = "file to make: kind report, or a picture, page or table" },
    { .name = NULL }
};

static struct {
    struct report_alignment alignment[3][OPT_LIST_MAX];
    struct report_similarity similarity[OPT_LIST_MAX];
    const struct acts *acts[OPT_LIST_MAX], *recording;
    const struct pairs *pairs[OPT_LIST_MAX];
    struct report report[OPT_LIST_MAX];
} got;

static int read_some(struct store *s, const struct opt_list *list,
                     struct report_alignment *x)
{
    for (int k = 0; k < list->n; k++)
        if (store_read_alignment(s, list->item[k], &x[k]))
            return -1;
    return 0;
}

static int read_all(struct store *s, struct report_input *in)
{
    int rc = (recording && !(got.recording = store_read_acts(s, recording))) ||
             read_some(s, &alignment, in->alignment) ||
             read_some(s, &null, in->null) ||
             read_some(s, &ceiling, in->ceiling) ||
             store_read_pretended(s, &pretend, in);

    for (int k = 0; k < similarity.n && !rc; k++)
        rc = store_read_similarity(s, similarity.item[k], &got.similarity[k]);
    for (int k = 0; k < paths.n && !rc; k++)
        rc = !(got.acts[k] = store_read_acts(s, paths.item[k]));
    for (int k = 0; k < interventions.n && !rc; k++)
        rc = !(got.pairs[k] = store_read_pairs(s, interventions.item[k]));
    return rc;
}

static int join(struct store *s, struct arena *a)
{
    struct report r;
    struct report_input in = {
        alignment.n, null.n, ceiling.n, similarity.n, got.alignment[0],
        got.alignment[1], got.alignment[2], got.similarity, 0, NULL };

    if (draw_refuse(out_path) || read_all(s, &in) ||
        report_join(&r, figure, &in, seed, a) ||
        report_paths(&r, got.acts, paths.n, a))
        return -1;
    if (report_session(&r, &in, got.recording, got.pairs, interventions.n, seed,
                       a))
        return recording ? err_in("%s", recording) : -1;
    if (plot_check(&r, a))
        return -1;
    r.command = command;
    return store_write_report(s, out_path, &r);
}

static int run(const struct stage *stage)
{
    int joins = figure && alignment.n + pretend.n, rc;
    const char *const *path = draw ? &draw : claims.item;
    struct store *s;
    struct arena *a;

    if (joins + !!draw + !!claims.n != 1 || ((figure || command) && !joins))
        return err_set(EX_USAGE, "either --figure and --alignment (--pretend), "
                       "or --draw, or --claims");
    rc = (a = arena_open()) ? 0 : -1;
    for (int k = 0; k < (draw ? 1 : claims.n) && !rc; k++) {
        rc = (s = stage_store(stage, a))
             ? store_read_report(s, path[k], &got.report[k]) : -1;
        store_close(s);
    }
    if (joins && !rc) {
        rc = (s = stage_store(stage, a)) ? join(s, a) : -1;
        store_close(s);
    } else if (!rc) {
        rc = draw ? draw_write(got.report, out_path, (int)width, a)
                  : draw_claims(got.report, path, claims.n, out_path, a);
    }
    arena_close(a);
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
