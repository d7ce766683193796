#include "store_report.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "opt.h"
#include "sim.h"
#include "store_priv.h"

static int get_flag(struct h5file *f, int field, bool *flag)
{
    int8_t value = 0;

    if (h5file_get(f, field, &value))
        return -1;
    *flag = value;
    return 0;
}

/* ---- alignments ---- */

/* What there is where some system is a recording. */
static int get_recordings(struct store *s, struct h5file *f,
                          struct report_alignment *x)
{
    if (!(x->noise = arena_get(s->arena, x->G, sizeof *x->noise)))
        return -1;
    for (int k = 0; k < h5file_count(f, ALIGNMENT_noise); k++) {
        const char *number = h5file_member(f, ALIGNMENT_noise, k);
        long system = strtol(number, NULL, 10);
        if (system < 1 || (size_t)system > x->G)
            return err_set(EX_DATAERR, "%s: /systems/%s: there is no such "
                           "system", h5file_path(f), number);
        if (h5file_get_member(f, ALIGNMENT_noise, number,
                              &x->noise[system - 1]))
            return -1;
    }
    x->B = h5file_size(f, 'B');
    x->P = h5file_size(f, 'P');
    x->Y = h5file_size(f, 'Y');
    if ((x->B && !(x->stand_in = h5file_load(f, ALIGNMENT_stand_in,
                                             s->arena))) ||
        (x->P && !(x->perfect = h5file_load(f, ALIGNMENT_perfect,
                                            s->arena))) ||
        (x->Y && !(x->decodability = h5file_load(f, ALIGNMENT_decodability,
                                                 s->arena))))
        return -1;
    for (size_t k = 0; k < x->Y; k++)
        if (x->decodability[k].system < 1 ||
            (size_t)x->decodability[k].system > x->G)
            return err_set(EX_DATAERR, "%s: /decodability: there is no system "
                           "%d", h5file_path(f), x->decodability[k].system);
    return 0;
}

int store_read_alignment(struct store *s, const char *path,
                         struct report_alignment *x)
{
    struct h5file *f = store_in(s, path, &schema_alignment);
    int32_t dims = 0;

    *x = (struct report_alignment){ 0 };
    if (!f)
        return -1;
    x->G = h5file_size(f, 'G');
    x->D = h5file_size(f, 'D');
    if (!(x->file = arena_text(s->arena, "%s", h5file_name(f))) ||
        !(x->preset = store_text(s, f, ALIGNMENT_preset)) ||
        !(x->site = store_text(s, f, ALIGNMENT_site)) ||
        !(x->map = store_text(s, f, ALIGNMENT_map)) ||
        h5file_get(f, ALIGNMENT_dims, &dims) ||
        h5file_get(f, ALIGNMENT_lambda, &x->lambda) ||
        get_flag(f, ALIGNMENT_shuffled, &x->shuffled) ||
        (h5file_has(f, ALIGNMENT_match_phase) &&
         get_flag(f, ALIGNMENT_match_phase, &x->match_phase)) ||
        get_flag(f, ALIGNMENT_criterion_met, &x->criterion_met) ||
        !(x->model = h5file_load(f, ALIGNMENT_models, s->arena)) ||
        !(x->direction = h5file_load(f, ALIGNMENT_directions, s->arena)) ||
        get_recordings(s, f, x))
        return -1;
    x->dims = dims;
    for (size_t d = 0; d < x->D; d++) {
        const struct alignment_directions *line = &x->direction[d];
        if (line->iia_test < 0 || line->iia_test > 1 || line->n_test < 0)
            return err_set(EX_DATAERR, "%s: /directions: an IIA of %g on %d "
                           "test samples", path, line->iia_test, line->n_test);
    }
    h5file_shut(f);
    return 0;
}

int store_read_pretended(struct store *s, const struct opt_list *words,
                         struct report_input *in)
{
    in->pretended = arena_get(s->arena, (size_t)words->n,
                              sizeof *in->pretended);
    if (!in->pretended)
        return -1;
    for (; in->npretended < words->n; in->npretended++) {
        const char *word = words->item[in->npretended];
        int size = (int)strcspn(word, ",");
        const char *learnt = arena_text(s->arena, "%.*s", size, word);
        struct report_pretended *x = &in->pretended[in->npretended];
        if (!learnt || store_read_alignment(s, learnt, &x->learnt))
            return -1;
        x->truth = x->learnt;
        if (word[size] && store_read_alignment(s, word + size + 1, &x->truth))
            return -1;
    }
    return 0;
}

/* ---- similarities ---- */

int store_read_similarity(struct store *s, const char *path,
                          struct report_similarity *x)
{
    struct h5file *f = store_in(s, path, &schema_similarity);

    *x = (struct report_similarity){ 0 };
    if (!f)
        return -1;
    x->M = h5file_size(f, 'M');
    if (!(x->file = arena_text(s->arena, "%s", h5file_name(f))) ||
        !(x->site = store_text(s, f, SIMILARITY_site)) ||
        !(x->system[0] = store_text(s, f, SIMILARITY_system_1)) ||
        !(x->system[1] = store_text(s, f, SIMILARITY_system_2)) ||
        !(x->task[0] = store_text(s, f, SIMILARITY_task_1)) ||
        !(x->task[1] = store_text(s, f, SIMILARITY_task_2)) ||
        !(x->arch[0] = store_text(s, f, SIMILARITY_arch_1)) ||
        !(x->arch[1] = store_text(s, f, SIMILARITY_arch_2)) ||
        get_flag(f, SIMILARITY_criterion_met, &x->criterion_met) ||
        !(x->score = h5file_load(f, SIMILARITY_scores, s->arena)))
        return -1;
    h5file_shut(f);
    return 0;
}

static const char *task_name(const struct acts *x)
{
    return x->task ? x->task->name : "";
}

static int put_scores(struct h5file *f, const struct sim_result *y,
                      struct arena *a)
{
    struct similarity_scores *row = arena_get(a, (size_t)y->nscores,
                                              sizeof *row);

    for (int i = 0; row && i < y->nscores; i++) {
        row[i].value = y->score[i].value;
        row[i].sd = y->score[i].sd;
        row[i].n = y->draws;
        if (store_cell(row[i].measure, y->score[i].measure->name) ||
            store_cell(row[i].options, y->score[i].options))
            return -1;
    }
    h5file_bind(f, 'M', (size_t)y->nscores);
    return row ? h5file_put(f, SIMILARITY_scores, row) : -1;
}

int store_write_similarity(struct store *s, const char *path,
                           const struct sim_plan *plan,
                           const struct sim_result *y,
                           const struct acts *x1, const struct acts *x2)
{
    struct h5file *f = store_out(s, path, &schema_similarity);
    const int8_t met = x1->criterion_met && x2->criterion_met;
    const int32_t rows = y->rows, draws = y->draws;
    const int64_t seed = plan->seed;
    const struct h5shape shape = {
        .rank = 2, .size = { (size_t)y->rows, (size_t)y->rows },
    };

    if (!f)
        return -1;
    h5file_bind(f, 'L', (size_t)y->rows);
    return store_end(f,
        h5file_put(f, SIMILARITY_system_1, x1->system) ||
        h5file_put(f, SIMILARITY_system_2, x2->system) ||
        h5file_put(f, SIMILARITY_task_1, task_name(x1)) ||
        h5file_put(f, SIMILARITY_task_2, task_name(x2)) ||
        h5file_put(f, SIMILARITY_arch_1, x1->arch) ||
        h5file_put(f, SIMILARITY_arch_2, x2->arch) ||
        h5file_put(f, SIMILARITY_site, plan->site) ||
        h5file_put(f, SIMILARITY_steps, plan->steps) ||
        h5file_put(f, SIMILARITY_rows, &rows) ||
        h5file_put(f, SIMILARITY_draws, &draws) ||
        h5file_put(f, SIMILARITY_seed, &seed) ||
        h5file_put(f, SIMILARITY_criterion_met, &met) ||
        put_scores(f, y, s->arena) ||
        h5file_put(f, SIMILARITY_pair_row_1, y->row1) ||
        h5file_put(f, SIMILARITY_pair_row_2, y->row2) ||
        h5file_put_member(f, SIMILARITY_rdm, "1", &shape, y->rdm1) ||
        h5file_put_member(f, SIMILARITY_rdm, "2", &shape, y->rdm2));
}

/* ---- reports ---- */

/* The files that a report descends from, and itself. */
static int get_files(struct store *s, struct h5file *f, struct report *r)
{
    struct h5ancestor x, *file;

    for (r->nfiles = 0; h5file_ancestor(f, r->nfiles, &x); r->nfiles++)
        ;
    if (!(r->file = file = arena_get(s->arena, r->nfiles, sizeof *file)))
        return -1;
    for (size_t k = 0; h5file_ancestor(f, k, &x); k++) {
        const char *from[] = { x.name, x.kind, x.sha256, x.program, x.options,
                               x.parents };
        const char **to[] = { &file[k].name, &file[k].kind, &file[k].sha256,
                              &file[k].program, &file[k].options,
                              &file[k].parents };
        for (int i = 0; i < 6; i++)
            if (!(*to[i] = arena_text(s->arena, "%s", from[i])))
                return -1;
    }
    return 0;
}

/* Tables that a report may lack, and where it keeps rows and their number. */
static const struct optional {
    int field;
    char letter;
    size_t n, row;
} optional[] = {
    { REPORT_paths, 'L', offsetof(struct report, npaths),
      offsetof(struct report, path) },
    { REPORT_stand_in, 'S', offsetof(struct report, nstand_in),
      offsetof(struct report, stand_in) },
    { REPORT_decodability, 'R', offsetof(struct report, ndecodability),
      offsetof(struct report, decodability) },
    { REPORT_units, 'U', offsetof(struct report, nunits),
      offsetof(struct report, unit) },
    { REPORT_steps, 'E', offsetof(struct report, nsteps),
      offsetof(struct report, step) },
    { REPORT_cells, 'C', offsetof(struct report, ncells),
      offsetof(struct report, cell) },
    { REPORT_tuning, 'T', offsetof(struct report, ntuning),
      offsetof(struct report, tuning) },
    { REPORT_coverage, 'V', offsetof(struct report, ncoverage),
      offsetof(struct report, coverage) },
    { REPORT_pretend, 'P', offsetof(struct report, npretend),
      offsetof(struct report, pretend) },
    { REPORT_rank, 'K', offsetof(struct report, nrank),
      offsetof(struct report, rank) },
};
enum { OPTIONALS = sizeof optional / sizeof *optional };

static int get_optional(struct store *s, struct h5file *f, struct report *r,
                        const struct optional *o)
{
    size_t n = h5file_size(f, o->letter);
    void *row = NULL;

    if (h5file_has(f, o->field) && !(row = h5file_load(f, o->field, s->arena)))
        return -1;
    memcpy((char *)r + o->n, &n, sizeof n);
    memcpy((char *)r + o->row, &row, sizeof row);
    return 0;
}

static int put_optional(struct h5file *f, const struct report *r,
                        const struct optional *o)
{
    const void *row;
    size_t n;

    memcpy(&n, (const char *)r + o->n, sizeof n);
    memcpy(&row, (const char *)r + o->row, sizeof row);
    h5file_bind(f, o->letter, n);
    return n ? h5file_put(f, o->field, row) : 0;
}

int store_read_report(struct store *s, const char *path, struct report *r)
{
    struct h5file *f = store_in(s, path, &schema_report);

    *r = (struct report){ 0 };
    if (!f)
        return -1;
    r->n = h5file_size(f, 'B');
    if (!(r->figure = store_text(s, f, REPORT_figure)) ||
        !(r->caption = store_text(s, f, REPORT_caption)) ||
        (h5file_has(f, REPORT_command) &&
         !(r->command = store_text(s, f, REPORT_command))) ||
        (h5file_has(f, REPORT_recording) &&
         (!(r->recording = store_text(s, f, REPORT_recording)) ||
          !(r->variable = store_text(s, f, REPORT_variable)))) ||
        get_flag(f, REPORT_criterion_met, &r->criterion_met) ||
        !(r->row = h5file_load(f, REPORT_table, s->arena)) ||
        get_files(s, f, r))
        return -1;
    for (size_t k = 0; k < OPTIONALS; k++)
        if (get_optional(s, f, r, &optional[k]))
            return -1;
    h5file_shut(f);
    return 0;
}

int store_write_report(struct store *s, const char *path,
                       const struct report *r)
{
    struct h5file *f = store_out(s, path, &schema_report);
    const int8_t met = r->criterion_met;
    int rc = 0;

    if (!f)
        return -1;
    h5file_bind(f, 'B', r->n);
    for (size_t k = 0; k < OPTIONALS && rc == 0; k++)
        rc = put_optional(f, r, &optional[k]);
    return store_end(f, rc || h5file_put(f, REPORT_figure, r->figure) ||
                        h5file_put(f, REPORT_caption, r->caption) ||
                        (r->command &&
                         h5file_put(f, REPORT_command, r->command)) ||
                        (r->recording &&
                         (h5file_put(f, REPORT_recording, r->recording) ||
                          h5file_put(f, REPORT_variable, r->variable))) ||
                        h5file_put(f, REPORT_criterion_met, &met) ||
                        h5file_put(f, REPORT_table, r->row));
}
