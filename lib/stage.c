#include <assert.h>
#include <cblas.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "err.h"
#include "log.h"
#include "outfile.h"
#include "stage.h"
#include "store.h"
#include "../schemas/schemas.h"

enum { ALL_CORES = 0, MOST_THREADS = 4096 };

static long threads = ALL_CORES;
static size_t memory;
static bool quiet;

static const struct stage *running;

static const char *makes_nothing(void)
{
    return opt_output(running->options) ? NULL : "no file is made";
}

static const struct opt common[] = {
    { "threads", OPT_INT, &threads, "processor cores to use; 0: all of them",
      .hi = MOST_THREADS },
    { "memory", OPT_SIZE, &memory, "for large arrays; those beyond it lie in "
      "files in $TMPDIR (/var/tmp); 0: all in memory", .hi = 1 << 20,
      .idle = makes_nothing },
    { "quiet", OPT_FLAG, &quiet, "no progress on standard error",
      .flags = 0 },
    { 0 }
};

/* The text is made once, after the options were parsed, and kept. */
static const char *text_of(const struct stage *stage, int without,
                           char **kept)
{
    if (!*kept) {
        size_t size = opt_text(stage->options, without, NULL, 0) + 1;
        *kept = malloc(size);
        assert(*kept);
        opt_text(stage->options, without, *kept, size);
    }
    return *kept;
}

const char *stage_options(const struct stage *stage)
{
    static char *kept;

    return text_of(stage, 0, &kept);
}

const char *stage_key_options(const struct stage *stage)
{
    static char *kept;

    return text_of(stage, OPT_EXTENT, &kept);
}

struct store *stage_store(const struct stage *stage, struct arena *a)
{
    const char *output = opt_output(stage->options);

    if (memory)
        arena_spill(a, memory);
    return store_open(stage->name, stage_options(stage), output ? output : "",
                      a);
}

int stage_each(const struct opt_list *files,
               int (*each)(const char *path, struct arena *a),
               struct arena *a)
{
    const char *bad = NULL;
    int code = 0;

    for (int i = 0; i < files->n; i++) {
        if (!each(files->item[i], a))
            continue;
        if (bad)
            log_line("%s", bad);
        code = code ? code : err_code();
        if (!(bad = arena_text(a, "%s", err_text())))
            return -1;
    }
    if (fflush(stdout))
        return err_set(EX_IOERR, "standard output: cannot be written");
    return bad ? err_set(code, "%s", bad) : 0;
}

/* ---- --help, --version, --schema ---- */

/* A command line as installed, continued with backslashes before its
 * options. */
static void print_command(const char *text)
{
    enum { WIDTH = 77, INDENT = 4 };
    const char *next;
    int at = printf("  mas-");

    for (; *text; text = next) {
        next = strstr(text + 1, " -");
        next = next ? next : text + strlen(text);
        if (at + (next - text) > WIDTH && at > INDENT) {
            printf(" \\\n%*s", INDENT - 1, "");
            at = INDENT - 1;
        }
        at += printf("%.*s", (int)(next - text), text);
    }
    putchar('\n');
}

static void print_help(const struct stage *stage, const struct opt *table)
{
    opt_wrap(stage->summary, printf("%s -", stage->name), 2);
    printf("\nExample:\n");
    print_command(stage->example);
    printf("\nOptions:\n");
    opt_print(table);
    printf("  --help, --version, --schema\n"
           "\nReads:   ");
    opt_wrap(*stage->reads ? stage->reads : "-", 9, 9);
    printf("Writes:  ");
    opt_wrap(*stage->writes ? stage->writes : "-", 9, 9);
    printf("Exits:   0 %s; 64 usage; "
           "65 bad data;\n         66 no such input; 69 no such program or device; "
           "70 a check failed;\n         71 memory; 73 cannot create; "
           "74 input/output; 128 + n signal n\n",
           stage->success ? stage->success : "made");
}

static void print_type(enum h5type type)
{
    static const char *const word[] = {
        [H5_U8] = "uint8", [H5_I32] = "int32", [H5_I64] = "int64",
        [H5_F32] = "float32", [H5_F64] = "float64", [H5_BOOL] = "bool",
        [H5_SPLIT] = "enum", [H5_ROLE] = "enum", [H5_TEXT] = "text",
        [H5_LINE] = "text", [H5_TABLE] = "table"
    };
    const char *const *name = h5file_names(type);

    printf("  %s", word[type]);
    for (int k = 0; type != H5_BOOL && name[k]; k++)
        printf("%c%s", k ? '/' : ' ', name[k]);
}

static void print_units(const char *units)
{
    if (strcmp(units, "1"))
        printf("  [%s]", units);
}

static void print_field(const struct h5field *f)
{
    bool attribute = f->flags & H5_ATTRIBUTE;

    printf("  %s%s", attribute ? "@" : "", f->path);
    for (const char *d = f->dims; *d; d++)
        printf("%s%c%s", d == f->dims ? " (" : ",", *d, d[1] ? "" : ")");
    print_type(f->type);
    print_units(f->units);
    printf("%s\n      %s\n", f->flags & H5_OPTIONAL ? "  optional" : "",
           f->note);
    for (const struct h5column *c = f->column; c && c->name; c++) {
        printf("      .%s", c->name);
        print_type(c->type);
        print_units(c->units);
        printf(": %s\n", c->note);
    }
}

static void print_kinds(const char *verb, const char *kinds)
{
    while (*(kinds += strspn(kinds, " "))) {
        size_t length = strcspn(kinds, " ");
        for (const struct h5schema *const *s = schema_menu; *s; s++) {
            if (strlen((*s)->kind) != length ||
                memcmp((*s)->kind, kinds, length))
                continue;
            printf("%s: %s, version %d: %s\n", verb, (*s)->kind,
                   (*s)->version, (*s)->title);
            for (int i = 0; i < (*s)->nfields; i++)
                print_field(&(*s)->field[i]);
            putchar('\n');
        }
        kinds += length;
    }
}

/* Answer one of the three questions. False: none was asked. */
static bool answered(const struct stage *stage, const struct opt *table,
                     int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help")) {
            print_help(stage, table);
            return true;
        } else if (!strcmp(argv[i], "--version")) {
            printf("%s %s (%s)\n", stage->name, version_text, version_commit);
            return true;
        } else if (!strcmp(argv[i], "--schema")) {
            print_kinds("reads", stage->reads);
            print_kinds("writes", stage->writes);
            return true;
        }
    return false;
}

/* ---- the run ---- */

static int older_than(const char *input, void *output_time)
{
    const struct timespec *out = output_time;
    struct stat s;

    if (stat(input, &s))
        return 1;
    return s.st_mtim.tv_sec != out->tv_sec
               ? s.st_mtim.tv_sec > out->tv_sec
               : s.st_mtim.tv_nsec > out->tv_nsec;
}

/* Is it a file of ours that was made the same way? */
static bool made_alike(const struct stage *stage, const char *output)
{
    struct h5origin origin = { stage->name, stage_options(stage) };
    char kind[32] = "";
    bool alike = false;

    if (h5file_kind(output, kind))
        err_clear();
    for (const struct h5schema *const *s = schema_menu; *s && !alike; s++)
        alike = !strcmp((*s)->kind, kind) &&
                h5file_made_by(output, *s, &origin);
    return alike;
}

/* Does the output stand, newer than every input and made the same way? */
static bool made_meanwhile(const struct stage *stage, const char *output)
{
    struct stat s;

    return !stat(output, &s) &&
           !opt_inputs(stage->options, older_than, &s.st_mtim) &&
           made_alike(stage, output);
}

/* 0: made; 1: another process had made it; -1: error. */
static int locked_run(const struct stage *stage, const char *output)
{
    int waited = output ? outfile_lock(output) : 0;

    if (waited < 0)
        return -1;
    if (waited && made_meanwhile(stage, output)) {
        log_line("%s: made meanwhile by another process", output);
        return 1;
    }
    return stage->run(stage) ? -1 : 0;
}

int stage_main(const struct stage *stage, int argc, char **argv)
{
    struct opt table[OPT_ROWS] = { { 0 } };
    const char *output;
    int n = 0, code = 0, rc;

    running = stage;
    for (const struct opt *o = stage->options; o->name; o++)
        table[n++] = *o;
    for (const struct opt *o = common; o->name; o++)
        if (o->to != &memory || *stage->writes)
            table[n++] = *o;
    assert(n < OPT_ROWS);

    if (answered(stage, table, argc, argv))
        return fflush(stdout) ? EX_IOERR : 0;
    if (opt_parse(table, argc, argv)) {
        fprintf(stderr, "%s: %s\n", stage->name, err_text());
        return err_code();
    }
    omp_set_num_threads(threads == ALL_CORES ? omp_get_num_procs()
                                             : (int)threads);
    openblas_set_num_threads(1);
    log_open(stderr, stage->name, quiet);
    output = opt_output(table);

    rc = locked_run(stage, output);
    if (rc < 0) {
        code = err_code() ? err_code() : EX_SOFTWARE;
        log_line("%s", err_text());
    }
    log_progress_end();
    if (output && rc <= 0)
        log_write(output, argc, argv, code);
    outfile_unlock();
    return code;
}
