/* h5check - are files of ours sound? Others are told what could become of
 * them; those of our kinds are adopted. */
#include <stdio.h>

#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/guard.h"
#include "../lib/hint.h"
#include "../lib/import.h"
#include "../lib/log.h"
#include "../lib/stage.h"
#include "../lib/store.h"

#define KINDS "data model activations interventions alignment similarity " \
              "report checkpoint"

static struct opt_list files;
static const char *adopt, *out_path;
static struct guard_limits limits = { .memory = 1 << 30 };

static const struct opt table[] = {
    { .name = "FILE", .type = OPT_INPUTS, .to = &files,
      .flags = OPT_OPERAND | OPT_ANY,
      .help = "files to check: SHA-256, schema, ranges, invariants; they "
              "show damage, not who made a file" },
    { .name = "adopt", .type = OPT_INPUT, .to = &adopt,
      .flags = OPT_ANY,
      .help = "instead: a file of one of our kinds that another program wrote "
              "(h5py), to be written anew as ours once it is found sound" },
    IMPORT_MAX_MEMORY(&limits.memory),
    { .name = "out", .type = OPT_OUTPUT, .to = &out_path,
      .help = "file to make of --adopt" },
    { .name = NULL }
};

/* A line of a sound file; else the pending error. */
static int check(const char *path, struct arena *a)
{
    char kind[32];
    const char *hint;
    bool recording;

    if (!store_check_guarded(path, kind, &limits)) {
        printf("%s: %s, sound\n", path, kind);
        return 0;
    }
    if (*kind || !(hint = hint_of(path, &limits, &recording, a)))
        return -1;
    return err_set(EX_DATAERR, "%s: none of ours, but %s", path, hint);
}

static int adopt_one(const struct stage *stage, struct arena *a)
{
    struct store *s = stage_store(stage, a);
    const char *unused = "";
    int rc = s ? store_adopt(s, adopt, out_path, &limits, &unused) : -1;

    if (!rc && *unused)
        log_line("%s: left behind, in no schema: %s", adopt, unused);
    store_close(s);
    return rc;
}

static int run(const struct stage *stage)
{
    struct arena *a;
    int rc = -1;

    if (!files.n == !adopt || !adopt != !out_path)
        return err_set(EX_USAGE, "either files to check, or --adopt FILE and "
                       "--out");
    if (!(a = arena_open()))
        return -1;
    rc = adopt ? adopt_one(stage, a) : stage_each(&files, check, a);
    arena_close(a);
    return rc;
}

int main(int argc, char **argv)
{
    return stage_main(&(struct stage){
        .name = "h5check",
        .summary = "check files of ours, adopt files of our kinds that others "
                   "wrote",
        .example = "h5check --adopt parity.h5 -o parity.data.h5",
        .reads = KINDS " foreign", .writes = KINDS,
        .success = "all sound, or adopted", .options = table, .run = run,
    }, argc, argv);
}
