/* test_store.c - the domain goes into files and comes back the same, and what
 * a schema cannot say is checked all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <math.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../lib/align.h"
#include "../lib/err.h"
#include "../lib/learn.h"
#include "../lib/log.h"
#include "../lib/mat.h"
#include "../lib/pretend.h"
#include "../lib/report.h"
#include "../lib/resume.h"
#include "../lib/rng.h"
#include "../lib/store.h"
#include "../lib/store_report.h"
#include "arena_group.h"
#include "kinds.h"
#include "scratch.h"

static struct store *store;
static struct data *data;
static struct model *model;
static struct acts *acts;
static struct pairs *pairs;
static struct align align;

static int begin(void **state)
{
    (void)state;
    err_clear();
    store = store_open("test", "seed=1", "", arena);
    return store ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    store_close(store);
    store = NULL;
    return H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) ? -1 : 0;
}

#define PATH(kind) in_scratch(kind ".h5")

static void worked(int rc)
{
    if (rc)
        fail_msg("%s", err_text());
}

static void same(const void *x, const void *y, size_t size)
{
    assert_memory_equal(x, y, size);
}

/* ---- there and back ---- */

static void data_comes_back_the_same(void **state)
{
    struct data *d = store_read_data(store, PATH("data"));
    size_t n = data->N * data->T;
    (void)state;
    if (!d)
        fail_msg("%s", err_text());
    assert_ptr_equal(d->task, data->task);
    assert_int_equal(d->rule.max_quantity, data->rule.max_quantity);
    assert_true(d->rule.void_prob == data->rule.void_prob);
    assert_int_equal(d->rule.held_out, data->rule.held_out);
    assert_int_equal(d->seed, data->seed);
    assert_int_equal(d->N, data->N);
    assert_int_equal(d->T, data->T);
    same(d->tokens, data->tokens, n);
    same(d->determined, data->determined, n);
    same(d->length, data->length, d->N * sizeof *d->length);
    same(d->quantity, data->quantity, d->N * sizeof *d->quantity);
    same(d->split, data->split, d->N);
    for (int v = 0; v < TASK_VARS; v++) {
        assert_int_equal(!d->vars[v], !data->vars[v]);
        if (d->vars[v])
            same(d->vars[v], data->vars[v], n * sizeof(int32_t));
    }
}

static void a_model_comes_back_the_same(void **state)
{
    struct model_card card;
    struct model *m = store_read_model(store, PATH("model"), &card);
    (void)state;
    if (!m)
        fail_msg("%s", err_text());
    assert_ptr_equal(m->arch, model->arch);
    assert_int_equal(m->P, model->P);
    for (size_t i = 0; i < m->P; i++)
        assert_true((float)m->w[i] == (float)model->w[i]);
    assert_string_equal(card.task, "multi-object");
    assert_string_equal(card.name, "model.h5");
    assert_int_equal(card.seed, 7);
    assert_int_equal(card.max_quantity, 5);
    assert_true(card.criterion_met);
}

static void a_parameter_has_the_labels_and_scale_of_its_table(void **state)
{
    hid_t id = H5Fopen(PATH("model"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t set = H5Dopen2(id, "/parameters/rnn.weight_ih_l0", H5P_DEFAULT);
    hid_t at = H5Aopen(set, "DIMENSION_LABELS", H5P_DEFAULT);
    hid_t type = H5Aget_type(at), space = H5Aget_space(at);
    char *label[2];
    (void)state;
    assert_true(H5Aread(at, type, label) >= 0);
    assert_string_equal(label[0], "3C");
    assert_string_equal(label[1], "C");
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, label);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(at);
    H5Dclose(set);
    set = H5Dopen2(id, "/parameters/embedding.weight", H5P_DEFAULT);
    assert_true(H5Aexists(set, "DIMENSION_LIST") > 0);
    H5Dclose(set);
    H5Fclose(id);
}

static void activations_come_back_the_same(void **state)
{
    struct acts *x = store_read_acts(store, PATH("acts"));
    (void)state;
    if (!x)
        fail_msg("%s", err_text());
    assert_string_equal(x->system, "model.h5");
    assert_string_equal(x->arch, "gru");
    assert_ptr_equal(x->task, acts->task);
    assert_int_equal(x->rule.max_quantity, acts->rule.max_quantity);
    assert_int_equal(x->seed, 7);
    assert_true(x->accessible && x->criterion_met);
    assert_int_equal(strlen(x->sha256), 64);
    assert_int_equal(x->S, acts->S);
    assert_int_equal(x->N, acts->N);
    assert_int_equal(x->nsites, acts->nsites);
    assert_int_equal(x->nvars, acts->nvars);
    for (int k = 0; k < x->nsites; k++) {
        assert_string_equal(x->site[k].name, acts->site[k].name);
        assert_int_equal(x->site[k].M, acts->site[k].M);
        for (size_t i = 0; i < x->S * (size_t)x->site[k].M; i++)
            assert_true((float)x->site[k].states[i] ==
                        (float)acts->site[k].states[i]);
    }
    for (int k = 0; k < x->nvars; k++) {
        assert_string_equal(x->var[k].name, acts->var[k].name);
        same(x->var[k].value, acts->var[k].value, x->S * 4);
    }
    same(x->trial, acts->trial, x->S * 4);
    same(x->step, acts->step, x->S * 4);
    same(x->eligible, acts->eligible, x->S);
    same(x->token, acts->token, x->S);
    same(x->determined, acts->determined, x->S);
    same(x->first, acts->first, x->N * 8);
    same(x->length, acts->length, x->N * 4);
    same(x->quantity, acts->quantity, x->N * 4);
    same(x->split, acts->split, x->N);
}

static void a_recording_without_task_and_tokens_is_fine(void **state)
{
    struct acts recording = *acts, *x;
    (void)state;
    recording.task = NULL;
    recording.token = NULL;
    recording.determined = NULL;
    recording.quantity = NULL;
    recording.arch = "";
    recording.accessible = false;
    recording.site[1].name = "cortex";
    worked(store_write_acts(store, PATH("recording"), &recording));
    x = store_read_acts(store, PATH("recording"));
    if (!x)
        fail_msg("%s", err_text());
    assert_null(x->task);
    assert_null(x->token);
    assert_null(x->determined);
    assert_null(x->quantity);
    assert_string_equal(x->arch, "");
    assert_false(x->accessible);
    assert_true(acts_site(x, "cortex") >= 0);
}

/* Address space that is neither a file's nor shared, in bytes. */
static rlim_t private_memory(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    unsigned long kb = 0;
    while (fgets(line, sizeof line, f))
        sscanf(line, "VmData: %lu", &kb);
    fclose(f);
    return (rlim_t)kb << 10;
}

/* A child, for its limit, whose arrays are all files: 0 where it reads the
 * states and writes them again. */
static int child_copies(const char *from, const char *to, rlim_t memory)
{
    int status;
    fflush(NULL);
    if (fork() == 0) {
        struct arena *a = arena_open();
        struct store *s;
        struct acts *x = NULL;
        arena_spill(a, 0);
        memory += private_memory();
        setrlimit(RLIMIT_DATA, &(struct rlimit){ memory, memory });
        s = store_open("test", "", "", a);
        x = s ? store_read_acts(s, from) : NULL;
        _exit(!x || store_write_acts(s, to, x));
    }
    assert_true(wait(&status) > 0);
    return status;
}

static void states_are_copied_in_less_memory_than_they_take(void **state)
{
    enum { MB = 1 << 20 };
    struct acts wide = *acts, *x;
    int M = 64 * MB / (int)(sizeof(float) * acts->S);
    size_t n = acts->S * (size_t)M;
    real *h = arena_get(arena, n, sizeof *h);
    (void)state;
    for (size_t i = 0; i < n; i += 97)
        h[i] = (real)i;
    wide.nsites = 1;
    wide.site[0] = (struct acts_site){ "hidden", M, h };
    worked(store_write_acts(store, PATH("wide"), &wide));
    assert_int_equal(child_copies(PATH("wide"), in_scratch("copy.h5"),
                                  32 * MB), 0);
    assert_non_null(x = store_read_acts(store, in_scratch("copy.h5")));
    same(x->site[0].states, h, n * sizeof *h);
}

static void interventions_come_back_the_same(void **state)
{
    struct pairs *p = store_read_pairs(store, PATH("pairs"));
    (void)state;
    if (!p)
        fail_msg("%s", err_text());
    assert_string_equal(p->site, "hidden");
    assert_string_equal(p->source_variable, "count");
    assert_string_equal(p->target_variable, "count");
    assert_string_equal(p->source_sha256, pairs->source_sha256);
    assert_string_equal(p->target_sha256, pairs->target_sha256);
    assert_ptr_equal(p->task, pairs->task);
    assert_int_equal(p->shuffled, pairs->shuffled);
    assert_true(p->match_phase && pairs->match_phase);
    assert_int_equal(p->seed, pairs->seed);
    assert_int_equal(p->P, pairs->P);
    assert_int_equal(p->T, pairs->T);
    assert_int_equal(p->U, pairs->U);
    same(p->target_row, pairs->target_row, p->P * 8);
    same(p->source_row, pairs->source_row, p->P * 8);
    same(p->tokens, pairs->tokens, p->P * p->T);
    same(p->determined, pairs->determined, p->P * p->T);
    same(p->length, pairs->length, p->P * 4);
    same(p->value, pairs->value, p->P * 4);
    same(p->split, pairs->split, p->P);
    same(p->unchanged, pairs->unchanged, p->P);
    same(p->constant, pairs->constant, p->P);
    same(p->cf_row, pairs->cf_row, p->P * 8);
    same(p->cf_matches, pairs->cf_matches, p->P * 4);
    for (size_t u = 0; u < p->U; u++) {
        assert_string_equal(p->coverage[u].variables,
                            pairs->coverage[u].variables);
        assert_int_equal(p->coverage[u].split, pairs->coverage[u].split);
        assert_int_equal(p->coverage[u].wanted, pairs->coverage[u].wanted);
        assert_int_equal(p->coverage[u].matches, pairs->coverage[u].matches);
    }
}

static int write_alignment(const char *path, const struct amap_form *form);

/* Of every form, to the bit; read by number and, all of it, by name. */
static void stored_maps_are_those_that_were_learnt(void **state)
{
    const char *path = in_scratch("form.h5");
    (void)state;
    for (int form = 0; amap_menu[form]; form++) {
        struct align x = { .plan = { .site = "hidden" }, .nsystems = 2 };
        const char *site;
        const struct amap *whole;
        x.system[0].acts = x.system[1].acts = acts;
        worked(end(state));
        worked(begin(state));
        worked(write_alignment(path, amap_menu[form]));
        worked(end(state));
        worked(begin(state));
        worked(store_read_maps(store, path, &x, arena));
        assert_string_equal(x.plan.form, amap_menu[form]->name);
        assert_int_equal(x.plan.K, 3);
        for (int k = 0; k < 2; k++) {
            const struct amap *R = align.system[k].R, *S = x.system[k].R;
            assert_int_equal(S->K, 3);
            same(S->F, R->F, 3 * 6 * sizeof *R->F);
            same(S->G, R->G, 3 * 6 * sizeof *R->G);
            same(S->b, R->b, 3 * sizeof *R->b);
        }
        whole = store_read_map(store, path, acts, &site, arena);
        assert_string_equal(site, "hidden");
        assert_int_equal(whole->K, 6);
        same(whole->F, align.system[0].R->F, 3 * 6 * sizeof(double));
        same(whole->b, align.system[0].R->b, 3 * sizeof(double));
    }
}

static void a_map_is_that_of_the_very_states_or_of_the_only_system(void **state)
{
    const char *path = in_scratch("two.h5");
    struct acts other = *acts;
    const char *site;
    (void)state;
    worked(write_alignment(path, amap_find("rotation")));
    for (int k = 0; k < 2; k++) {
        struct amap *R = store_read_map(store, path, align.system[k].acts,
                                        &site, arena);
        assert_non_null(R);
        same(R->F, align.system[k].R->F, 3 * 6 * sizeof *R->F);
    }
    other.sha256 = "3";
    assert_null(store_read_map(store, path, &other, &site, arena));
    assert_int_equal(err_code(), EX_USAGE);
    assert_non_null(strstr(err_text(), "2 systems are called model.h5"));
    other.system = "model.h6";
    assert_null(store_read_map(store, path, &other, &site, arena));
    assert_int_equal(err_code(), EX_DATAERR);
    assert_non_null(strstr(err_text(), "no system model.h6"));
    err_clear();
}

static void an_alignment_says_that_its_samples_match_phases(void **state)
{
    struct report_alignment x;
    (void)state;
    worked(store_read_alignment(store, PATH("align"), &x));
    assert_true(x.match_phase && !x.shuffled);
}

static void an_alignment_names_directions_from_one(void **state)
{
    struct h5file *f = h5file_open(PATH("align"), &schema_alignment);
    struct alignment_directions row[2];
    (void)state;
    if (!f)
        fail_msg("%s", err_text());
    worked(h5file_get(f, ALIGNMENT_directions, row));
    assert_int_equal(row[1].source, 2);
    assert_int_equal(row[1].target, 1);
    assert_true(row[1].iia_test == 0.75);
    assert_true(row[1].null_high == 0.25);
    assert_string_equal(row[1].source_variable, "count");
    assert_true(h5file_has_member(f, ALIGNMENT_correct, "1to1"));
    assert_true(h5file_has_member(f, ALIGNMENT_loss, "2to1"));
    h5file_close(f);
}

static void lambda_and_norm_are_the_plans(void **state)
{
    const struct align kept = align;
    const char *name[] = { PATH("weighed"), PATH("unweighed") };
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct h5file *f;
        double lambda;
        align.plan.lambda = k ? NAN : 0.25;
        align.plan.latent_norm = LATENT_L1;
        worked(store_write_alignment(store, name[k], &align));
        align = kept;
        worked(store_read_maps(store, name[k], &align, arena));
        assert_true(k ? isnan(align.plan.lambda) : align.plan.lambda == 0.25);
        assert_int_equal(align.plan.latent_norm, LATENT_L1);
        f = h5file_open(name[k], &schema_alignment);
        assert_non_null(f);
        worked(h5file_get(f, ALIGNMENT_lambda, &lambda));
        assert_true(k ? isnan(lambda) : lambda == 0.25);
        h5file_close(f);
        align = kept;
    }
}

static void every_file_of_the_domain_is_sound_to_h5py(void **state)
{
    char command[2048];
    (void)state;
    snprintf(command, sizeof command,
             "/usr/bin/python3 tests/h5py_check.py %s %s %s %s %s",
             PATH("data"), PATH("model"), PATH("acts"), PATH("pairs"),
             PATH("align"));
    assert_int_equal(system(command), 0);
}

static void torch_loads_a_model_under_its_own_names(void **state)
{
    char command[2048];
    (void)state;
    snprintf(command, sizeof command, "/usr/bin/python3 -c '\n"
             "import h5py, torch\n"
             "class Net(torch.nn.Module):\n"
             "  def __init__(self, V, C):\n"
             "    super().__init__()\n"
             "    nn = torch.nn\n"
             "    self.embedding = nn.Embedding(V, C)\n"
             "    self.rnn = nn.GRU(C, C)\n"
             "    self.head = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(),\n"
             "                            nn.Dropout(), nn.Linear(4 * C, V))\n"
             "f = h5py.File(\"%s\", \"r\", locking=False)\n"
             "net = Net(len(f[\"vocabulary\"]), f.attrs[\"width\"])\n"
             "net.load_state_dict({n: torch.from_numpy(x[()])\n"
             "                     for n, x in f[\"parameters\"].items()})'",
             PATH("model"));
    assert_int_equal(system(command), 0);
}

/* ---- provenance ---- */

static void what_was_read_are_the_parents_of_what_is_written(void **state)
{
    struct model_card card;
    struct h5file *f;
    struct h5ancestor x;
    static const char *const name[] = { "model.h5", "data.h5", "child.h5" };
    (void)state;
    assert_non_null(store_read_model(store, PATH("model"), &card));
    assert_non_null(store_read_data(store, PATH("data")));
    worked(store_write_acts(store, PATH("child"), acts));
    f = h5file_open(PATH("child"), &schema_activations);
    for (size_t k = 0; k < 3; k++) {
        assert_true(h5file_ancestor(f, k, &x));
        assert_string_equal(x.name, name[k]);
    }
    assert_int_equal(strlen(x.parents), 16 + 1 + 16);
    assert_false(h5file_ancestor(f, 3, &x));
    h5file_close(f);
}

static void one_name_for_two_files_is_refused_when_it_is_read(void **state)
{
    struct data other = *data;
    (void)state;
    assert_non_null(store_read_acts(store, PATH("acts")));
    mkdir(in_scratch("other"), 0777);
    other.seed++;
    store_close(store);
    store = store_open("test", "seed=1", "", arena);
    worked(store_write_data(store, in_scratch("other/model.h5"), &other));
    assert_non_null(store_read_data(store, in_scratch("other/model.h5")));
    assert_non_null(store_read_data(store, in_scratch("other/model.h5")));
    assert_null(store_read_acts(store, PATH("child")));
    assert_int_equal(err_code(), EX_DATAERR);
    assert_non_null(strstr(err_text(), "/provenance/files: model.h5 is "
                                       "another file here than for "));
}

/* ---- what a schema cannot say ---- */

static hid_t tamper(const char *path)
{
    hid_t id;
    kinds_copy(in_scratch("bad.h5"), path);
    id = kinds_edit(in_scratch("bad.h5"));
    assert_true(id >= 0);
    return id;
}

/* Write one element of a dataset. */
static void poke(hid_t id, const char *path, hid_t type, const hsize_t *at,
                 const void *value)
{
    const hsize_t one = 1;
    hid_t set = H5Dopen2(id, path, H5P_DEFAULT), space = H5Dget_space(set);
    hid_t cell = H5Screate_simple(1, &one, NULL);
    H5Sselect_elements(space, H5S_SELECT_SET, 1, at);
    assert_true(H5Dwrite(set, type, cell, space, H5P_DEFAULT, value) >= 0);
    H5Sclose(cell);
    H5Sclose(space);
    H5Dclose(set);
}

static void poke_int(const char *from, const char *path, hsize_t i, hsize_t j,
                     int value)
{
    const hsize_t at[2] = { i, j };
    hid_t id = tamper(from);
    poke(id, path, H5T_NATIVE_INT, at, &value);
    H5Fclose(id);
}

static void poke_real(const char *from, const char *path, hsize_t i,
                      hsize_t j, double value)
{
    const hsize_t at[2] = { i, j };
    hid_t id = tamper(from);
    poke(id, path, H5T_NATIVE_DOUBLE, at, &value);
    H5Fclose(id);
}

static void poke_attribute(const char *from, const char *name, hid_t type,
                           const void *value)
{
    hid_t id = tamper(from), at = H5Aopen(id, name, H5P_DEFAULT);
    assert_true(H5Awrite(at, type, value) >= 0);
    H5Aclose(at);
    H5Fclose(id);
}

static void poke_text(const char *from, const char *name, const char *value)
{
    char cell[H5_TEXT_SIZE] = "";
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, sizeof cell);
    H5Tset_cset(type, H5T_CSET_UTF8);
    strcpy(cell, value);
    poke_attribute(from, name, type, cell);
    H5Tclose(type);
}

static void refused_with(const void *read, const char *words)
{
    assert_null(read);
    if (err_code() != EX_DATAERR || strchr(err_text(), '\n') ||
        !strstr(err_text(), in_scratch("bad.h5")) ||
        !strstr(err_text(), words))
        fail_msg("%d \"%s\" is not \"%s\"", err_code(), err_text(), words);
    err_clear();
}

/* The tampered file, for a run that has not met that name before. */
static const char *sealed(void)
{
    store_close(store);
    kinds_reseal(in_scratch("bad.h5"));
    return in_scratch("bad.h5");
}

static void bad_data(const char *words)
{
    refused_with(store_read_data(store, sealed()), words);
}

static int write_a_model(const char *path, const struct model *m)
{
    static const struct learn_epoch history[2] = {
        { 1, 1e-3, 2.5, 2.25, 0.5, 0.625, 0.25 },
        { 2, 1e-3, 1.5, 1.25, 0.75, 0.75, 0.5 }
    };
    const struct learn_result result = { .criterion_met = true, .epochs = 2,
        .train_accuracy = 1, .valid_accuracy = 1, .test_accuracy = 1,
        .test_token_accuracy = 1, .history = history };
    const struct train_record record = { .data = data, .result = &result,
        .seed = 7, .init = "default" };

    return store_write_model(store, path, m, &record);
}

static void bad_model(const char *words)
{
    struct model_card card;
    refused_with(store_read_model(store, sealed(), &card), words);
}

static void bad_acts(const char *words)
{
    refused_with(store_read_acts(store, sealed()), words);
}

static void bad_pairs(const char *words)
{
    refused_with(store_read_pairs(store, sealed()), words);
}

static void sequences_that_contradict_their_task_are_refused(void **state)
{
    const char *path = PATH("data");
    const int many = 64;
    (void)state;
    poke_int(path, "/tokens", 2, 1, 200);
    bad_data("/tokens: 200 at ");
    poke_int(path, "/length", 2, 0, 0);
    bad_data("/length: 0 at 2 is outside");
    poke_int(path, "/length", 2, 0, 3);
    bad_data("/tokens: sequence 2 is not of its length 3");
    poke_int(path, "/tokens", 2, 1, 0);
    bad_data("/tokens: sequence 2 is not of its length");
    poke_attribute(path, "max_quantity", H5T_NATIVE_INT, &many);
    bad_data("attributes: multi-object: the largest quantity is 1..20, not 64");
    poke_text(path, "task", "arithmetic");
    bad_data("/vocabulary: ");
}

static void a_variable_of_the_task_must_be_there(void **state)
{
    hid_t id = tamper(PATH("data"));
    (void)state;
    H5Ldelete(id, "/variables/count", H5P_DEFAULT);
    H5Fclose(id);
    bad_data("/variables/count: missing");
}

/* A task that no program here knows is what its file says of it. */
static void another_name_of_a_task_makes_it_ones_own(void **state)
{
    struct data *d;

    (void)state;
    poke_text(PATH("data"), "task", "juggling");
    assert_non_null(d = store_read_data(store, sealed()));
    assert_false(task_runs(d->task));
    assert_string_equal(d->task->name, "juggling");
    assert_string_equal(d->task->vocabulary[TOKEN_PAD], "PAD");
    assert_string_equal(d->task->variables[0].name, "count");
    assert_string_equal(d->task->variables[2].name, "phase");
    assert_null(d->task->variables[3].name);
    assert_non_null(d->vars[2]);
}

static void a_token_under_another_name_is_refused(void **state)
{
    static const char *const from[] = { "data", "model", "acts", "pairs" };
    (void)state;
    for (int k = 0; k < 4; k++) {
        char name[16], cell[H5_TEXT_SIZE] = "zebra";
        const hsize_t at = 3;
        hid_t type = H5Tcopy(H5T_C_S1), id;
        snprintf(name, sizeof name, "%s.h5", from[k]);
        id = tamper(in_scratch(name));
        H5Tset_size(type, sizeof cell);
        H5Tset_cset(type, H5T_CSET_UTF8);
        poke(id, "/vocabulary", type, &at, cell);
        H5Tclose(type);
        H5Fclose(id);
        if (k == 0)
            bad_data("/vocabulary: zebra is token 3, but in multi-object");
        else if (k == 1)
            bad_model("/vocabulary: zebra is token 3");
        else if (k == 2)
            bad_acts("/vocabulary: zebra is token 3");
        else
            bad_pairs("/vocabulary: zebra is token 3");
    }
}

static void a_model_must_have_its_parameters_and_no_others(void **state)
{
    const char *path = PATH("model");
    const int other = 5, none = 0;
    hid_t id = tamper(path);
    (void)state;
    H5Ldelete(id, "/parameters/head.3.bias", H5P_DEFAULT);
    H5Fclose(id);
    bad_model("/parameters/head.3.bias: missing");
    id = tamper(path);
    H5Lcreate_hard(id, "/parameters/head.3.bias", id, "/parameters/extra",
                   H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(id);
    bad_model("/parameters: ");
    id = tamper(path);
    H5Ldelete(id, "/parameters/rnn.bias_ih_l0", H5P_DEFAULT);
    H5Lcreate_hard(id, "/parameters/head.3.bias", id,
                   "/parameters/rnn.bias_ih_l0", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(id);
    bad_model("/parameters/rnn.bias_ih_l0: not of shape (3C)");
    poke_attribute(path, "width", H5T_NATIVE_INT, &other);
    bad_model("not of shape (V,C) with C = 5");
    poke_attribute(path, "width", H5T_NATIVE_INT, &none);
    bad_model("attribute width: 0 is outside");
    poke_text(path, "arch", "oracle");
    bad_model("attribute arch: no architecture oracle");
}

static void a_width_that_its_architecture_cannot_have_is_refused(void **state)
{
    const char *path = in_scratch("bad.h5");
    struct arch odd = *arch_find("transformer");
    struct model_card card;
    (void)state;
    odd.even = false;
    worked(write_a_model(path, model_open(&odd, 5, data->task->V, arena)));
    refused_with(store_read_model(store, path, &card),
                 "bad.h5: width 5: a transformer needs an even one");
}

static void what_is_not_finite_is_refused(void **state)
{
    (void)state;
    poke_real(PATH("model"), "/parameters/rnn.weight_hh_l0", 2, 1, NAN);
    bad_model("rnn.weight_hh_l0: not finite at ");
    poke_real(PATH("acts"), "/states/hidden", 5, 2, INFINITY);
    bad_acts("hidden: not finite at ");
}

static void rows_that_contradict_their_trials_are_refused(void **state)
{
    const char *path = PATH("acts");
    (void)state;
    poke_int(path, "/rows/trial", 4, 0, 1);
    bad_acts("/rows/trial: row 4 is not step 4 of trial 0");
    poke_int(path, "/rows/step", 4, 0, 5);
    bad_acts("/rows/trial: row 4 is not step 4 of trial 0");
    poke_int(path, "/trials/first", 1, 0, -1);
    bad_acts("/trials/first: trial 1 is not within");
    poke_int(path, "/trials/first", 1, 0, 1000000);
    bad_acts("/trials/first: trial 1 is not within");
    poke_int(path, "/trials/length", 0, 0, 0);
    bad_acts("/trials/first: trial 0 is not within");
    poke_int(path, "/trials/length", 0, 0, 2);
    bad_acts("/trials/length: trials have");
    poke_int(path, "/rows/token", 0, 0, 99);
    bad_acts("/rows/token: 99 at 0 is outside");
}

static void units_that_a_model_cannot_have_are_refused(void **state)
{
    const char *path = in_scratch("part.h5");
    struct acts part = *acts, *x;
    hid_t id;
    (void)state;
    worked(pretend_record(&part, &(struct pretend_plan){ .units = 3 }, arena));
    worked(store_write_acts(store, path, &part));
    assert_non_null(x = store_read_acts(store, path));
    assert_false(x->accessible);
    for (int k = 0; k < x->nsites; k++)
        same(x->unit[k], part.unit[k], 3 * sizeof *part.unit[k]);
    poke_int(path, "/recorded/hidden", 1, 0, part.unit[1][0]);
    bad_acts("/recorded/hidden: not ascending at number 1");
    poke_int(path, "/recorded/hidden", 0, 0, -1);
    bad_acts("/recorded/hidden: -1 at 0 is outside");
    id = tamper(path);
    H5Ldelete(id, "/recorded/hidden", H5P_DEFAULT);
    H5Lcreate_hard(id, "/rows/step", id, "/recorded/hidden", H5P_DEFAULT,
                   H5P_DEFAULT);
    H5Fclose(id);
    bad_acts("units, but the states have 3");
}

static void samples_that_contradict_themselves_are_refused(void **state)
{
    const char *path = PATH("pairs");
    (void)state;
    poke_int(path, "/target_row", 3, 0, -1);
    bad_pairs("/target_row: -1 at 3 is outside");
    poke_int(path, "/source_row", 3, 0, -7);
    bad_pairs("/source_row: -7 at 3 is outside");
    poke_int(path, "/cf_row", 3, 0, -2);
    bad_pairs("/cf_row: -2 at 3 is outside");
    poke_int(path, "/length", 3, 0, 1000);
    bad_pairs("/length: 1000 at 3 is outside");
    poke_int(path, "/tokens", 3, 0, 99);
    bad_pairs("/tokens: 99 at ");
    poke_int(path, "/tokens", 3, 0, 0);
    bad_pairs("/tokens: sample 3 is not of its length");
}

static void bad_maps(const char *words)
{
    struct align x = { .plan = { .site = "hidden", .form = "rotation" },
                       .nsystems = 2 };
    x.system[0].acts = x.system[1].acts = acts;
    refused_with(store_read_maps(store, sealed(), &x, arena) ? NULL : "",
                 words);
}

static void maps_that_cannot_be_maps_are_refused(void **state)
{
    const char *path = PATH("align");
    const int none = 0;
    hid_t id;
    (void)state;
    poke_real(path, "/systems/2/Q", 1, 1, 0.9);
    bad_maps("/systems/2/Q: not orthogonal");
    poke_real(path, "/systems/1/Q", 0, 1, NAN);
    bad_maps("/systems/1/Q: not finite");
    poke_attribute(path, "dims", H5T_NATIVE_INT, &none);
    bad_maps("attribute dims: 0 is outside");
    poke_text(path, "map", "wormhole");
    bad_maps("attribute map: no form wormhole");
    poke_text(path, "site", "embedding");
    bad_maps("attribute site: its maps are for embedding");
    id = tamper(path);
    H5Ldelete(id, "/systems/2", H5P_DEFAULT);
    H5Fclose(id);
    bad_maps("/systems/2/Q: missing, but map rotation has it");
    id = tamper(path);
    H5Ldelete(id, "/systems/1/c", H5P_DEFAULT);
    H5Fclose(id);
    bad_maps("/systems/1/c: missing, but map rotation has it");
    poke_real(path, "/systems/2/c", 0, 0, 0);
    bad_maps("/systems/2/c: 0 has no inverse");
    poke_text(path, "map", "affine");
    bad_maps("/systems/1/W: missing, but map affine has it");
}

static void every_map_of_a_file_is_checked(void **state)
{
    char kind[32];
    (void)state;
    worked(store_check(PATH("align"), kind));
    poke_real(PATH("align"), "/systems/2/Q", 1, 1, 0.9);
    assert_int_equal(store_check(sealed(), kind), -1);
    assert_non_null(strstr(err_text(), "/systems/2/Q: not orthogonal"));
    err_clear();
}

static void affine_maps_that_cannot_be_maps_are_refused(void **state)
{
    const char *path = in_scratch("form.h5");
    const double zero = 0;
    hid_t id;
    (void)state;
    worked(write_alignment(path, amap_find("affine")));
    poke_real(path, "/systems/2/W", 1, 1, NAN);
    bad_maps("/systems/2/W: not finite at 7");
    poke_real(path, "/systems/1/b", 5, 0, INFINITY);
    bad_maps("/systems/1/b: not finite at 5");
    poke_real(path, "/systems/2/W", 0, 0, 1e13);
    bad_maps("/systems/2/W: hardly invertible: condition number");
    id = tamper(path);
    H5Ldelete(id, "/systems/2/b", H5P_DEFAULT);
    H5Fclose(id);
    bad_maps("/systems/2/b: missing, but map affine has it");
    poke_text(path, "map", "rotation");
    bad_maps("/systems/1/Q: missing, but map rotation has it");
    id = tamper(path);
    for (hsize_t i = 0; i < 6; i++)
        poke(id, "/systems/1/W", H5T_NATIVE_DOUBLE, (hsize_t[]){ 2, i },
             &zero);
    H5Fclose(id);
    bad_maps("/systems/1/W: has no inverse");
}

static void maps_of_other_systems_are_refused(void **state)
{
    struct acts wide = *acts;
    struct align x = { .plan = { .site = "hidden", .form = "rotation" },
                       .nsystems = 1 };
    (void)state;
    x.system[0].acts = x.system[1].acts = acts;
    assert_int_equal(store_read_maps(store, PATH("align"), &x, arena), -1);
    assert_non_null(strstr(err_text(), "/models: 2 systems, not 1"));
    x.nsystems = 2;
    wide.site[1].M++;
    x.system[1].acts = &wide;
    assert_int_equal(store_read_maps(store, PATH("align"), &x, arena), -1);
    assert_non_null(strstr(err_text(), "/systems/2/Q: for 6 units, but the "
                                       "system has 7"));
}

/* ---- checkpoints ---- */

static void keep(struct resume *r, double *x, double *y, const char *options)
{
    *r = (struct resume){ 0 };
    resume_add(r, "weights", x, 1000);
    resume_add(r, "step", y, 1);
    worked(store_keep(store, r, in_scratch("out.h5"), options));
}

static void a_checkpoint_restores_every_vector(void **state)
{
    double x[1000], y = 12, zero[1000] = { 0 }, none = 0;
    struct resume r;
    (void)state;
    for (int i = 0; i < 1000; i++)
        x[i] = 1 / (i + 3.);
    keep(&r, x, &y, "lr=1");
    assert_int_equal(resume_load(&r), 0);
    worked(resume_save(&r, true));
    keep(&r, zero, &none, "lr=1");
    assert_int_equal(resume_load(&r), 1);
    same(zero, x, sizeof x);
    assert_true(none == 12);
    worked(store_drop(store, in_scratch("out.h5")));
    assert_int_equal(resume_load(&r), 0);
    worked(store_drop(store, in_scratch("out.h5")));
}

static void a_checkpoint_of_another_run_is_ignored_with_a_line(void **state)
{
    double x[1000] = { [999] = 1 }, y = 12;
    char line[512] = "";
    struct resume r;
    FILE *sink = tmpfile();
    (void)state;
    log_open(sink, "test", 1);
    keep(&r, x, &y, "lr=1");
    worked(resume_save(&r, true));
    keep(&r, x, &y, "lr=2");
    assert_int_equal(resume_load(&r), 0);
    assert_non_null(store_read_data(store, PATH("data")));
    keep(&r, x, &y, "lr=1");
    assert_int_equal(resume_load(&r), 0);
    store_close(store);
    store = store_open("test", "seed=1", "", arena);
    keep(&r, x, &y, "lr=1");
    assert_int_equal(resume_load(&r), 1);
    r.vector[0].size = 999;
    assert_int_equal(resume_load(&r), -1);
    assert_int_equal(err_code(), EX_USAGE);
    assert_non_null(strstr(err_text(), "out.h5.ckpt is of a longer run"));
    err_clear();
    kinds_spill(in_scratch("out.h5.ckpt"), "broken", 6);
    assert_int_equal(resume_load(&r), 0);
    rewind(sink);
    for (int i = 0; i < 2; i++) {
        assert_non_null(fgets(line, sizeof line, sink));
        assert_non_null(strstr(line, "checkpoint ignored: "));
        assert_non_null(strstr(line, "other inputs or options"));
    }
    assert_non_null(fgets(line, sizeof line, sink));
    assert_non_null(strstr(line, "not HDF5"));
    assert_null(fgets(line, sizeof line, sink));
    assert_string_equal(err_text(), "");
    log_open(stderr, "test", 1);
    fclose(sink);
    worked(store_drop(store, in_scratch("out.h5")));
}

/* ---- the files that all tests read ---- */

static int write_model(void)
{
    model = model_open(arch_find("gru"), 6, data->task->V, arena);
    model_draw(model, 7, 0);
    model->arch->prepare(model);
    return write_a_model(PATH("model"), model);
}

static int write_alignment(const char *path, const struct amap_form *form)
{
    static int8_t correct[4] = { 1, 1, 0, 1 };
    static double loss[4] = { 0.5, 0.25, 3, 1 };
    static struct align_line history[1] = { { 100, 2, 1, 0.75, 0.5, 0.25 } };
    static struct align_check check = { "self", 0, 0, 1e-8 };
    static struct acts twin;            /* other states of the same system */

    align = (struct align){
        .plan = { .site = "hidden", .form = form->name, .K = 3, .seed = 3 },
        .preset = "mas",
        .nsystems = 2, .ndirections = 2, .steps = 100, .best_step = 100,
        .nhistory = 1, .nchecks = 1, .history = history, .check = &check
    };
    twin = *acts;
    twin.sha256 = "2";
    for (int k = 0; k < 2; k++) {
        struct rng r = rng_at(3, RNG_BASE, 0, (uint32_t)k);
        struct amap *R = amap_open(form, 6, 3, &r, arena);
        for (size_t i = 0; i < R->n; i++)
            R->param[i] += 0.01 * (double)i;
        R->form->forward(R);
        align.system[k] = (struct align_system){
            .acts = k ? &twin : acts, .R = R };
        align.direction[k] = (struct align_direction){
            .source = k, .target = 0, .pairs = pairs, .n = { 4, 4, 4 },
            .iia = { 0.5, 0.5, 0.75 }, .wilson = { 0.3, 0.9 },
            .null_high = 0.25, .correct = correct, .loss = loss
        };
    }
    return store_write_alignment(store, path, &align);
}

static int make(void **state)
{
    const struct task_rule rule = { .max_quantity = 5 };
    const size_t n[SPLITS] = { 40, 20, 20 };
    const struct pairs_plan plan = { .site = "hidden",
        .source_variable = "count", .target_variable = "count",
        .n = { 30, 10, 10 }, .match_phase = true, .seed = 5 };
    struct acts *read;

    if (arena_make(state) || scratch_make(state) || begin(state) ||
        !(data = data_draw(task_find("multi-object"), &rule, n, 11, arena)) ||
        store_write_data(store, PATH("data"), data) || write_model() ||
        !(acts = acts_record(model, data, NULL, arena)))
        return -1;
    acts->system = "model.h5";
    acts->seed = 7;
    acts->criterion_met = true;
    if (store_write_acts(store, PATH("acts"), acts) ||
        !(read = store_read_acts(store, PATH("acts"))))
        return -1;
    acts->sha256 = read->sha256;
    if (!(pairs = pairs_draw(acts, acts, &plan, arena)) ||
        store_write_pairs(store, PATH("pairs"), pairs) ||
        write_alignment(PATH("align"), amap_find("rotation"))) {
        fprintf(stderr, "%s\n", err_text());
        return -1;
    }
    return end(state);
}

static int unmake(void **state)
{
    return arena_drop(state) || scratch_remove(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(data_comes_back_the_same),
        TEST(a_model_comes_back_the_same),
        TEST(a_parameter_has_the_labels_and_scale_of_its_table),
        TEST(activations_come_back_the_same),
        TEST(a_recording_without_task_and_tokens_is_fine),
        TEST(states_are_copied_in_less_memory_than_they_take),
        TEST(interventions_come_back_the_same),
        TEST(stored_maps_are_those_that_were_learnt),
        TEST(a_map_is_that_of_the_very_states_or_of_the_only_system),
        TEST(an_alignment_says_that_its_samples_match_phases),
        TEST(an_alignment_names_directions_from_one),
        TEST(lambda_and_norm_are_the_plans),
        TEST(every_file_of_the_domain_is_sound_to_h5py),
        TEST(torch_loads_a_model_under_its_own_names),
        TEST(what_was_read_are_the_parents_of_what_is_written),
        TEST(one_name_for_two_files_is_refused_when_it_is_read),
        TEST(sequences_that_contradict_their_task_are_refused),
        TEST(a_variable_of_the_task_must_be_there),
        TEST(another_name_of_a_task_makes_it_ones_own),
        TEST(a_token_under_another_name_is_refused),
        TEST(a_model_must_have_its_parameters_and_no_others),
        TEST(a_width_that_its_architecture_cannot_have_is_refused),
        TEST(what_is_not_finite_is_refused),
        TEST(rows_that_contradict_their_trials_are_refused),
        TEST(units_that_a_model_cannot_have_are_refused),
        TEST(samples_that_contradict_themselves_are_refused),
        TEST(maps_that_cannot_be_maps_are_refused),
        TEST(every_map_of_a_file_is_checked),
        TEST(affine_maps_that_cannot_be_maps_are_refused),
        TEST(maps_of_other_systems_are_refused),
        TEST(a_checkpoint_restores_every_vector),
        TEST(a_checkpoint_of_another_run_is_ignored_with_a_line),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
