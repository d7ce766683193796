/* h5info - what a file is, in a screenful. */
#include <stdio.h>

#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/hint.h"
#include "../lib/import.h"
#include "../lib/info.h"
#include "../lib/stage.h"

static struct opt_list files;
static struct guard_limits limits = { .memory = 1 << 30 };

static const struct opt table[] = {
    { .name = "FILE", .type = OPT_INPUTS, .to = &files,
      .flags = OPT_OPERAND | OPT_REQUIRED | OPT_ANY,
      .help = "files of ours, or others" },
    IMPORT_MAX_MEMORY(&limits.memory),
    { .name = NULL }
};

/* An empty line between files. */
static void begin(void)
{
    static bool more;

    if (more)
        putchar('\n');
    more = true;
}

/* What another program's file could become, and what a recording holds. */
static const char **foreign_lines(const char *path, size_t *n,
                                  struct arena *a)
{
    struct import_file file = { .path = path, .format = "auto",
                                .limits = limits };
    const char *hint, **none = arena_get(a, 1, sizeof *none);
    bool recording;

    if (!(hint = hint_of(path, &limits, &recording, a)))
        return NULL;
    begin();
    printf("%s: none of ours, but %s\n", path, hint);
    *n = 0;
    return recording ? import_list(&file, n, a) : none;
}

static int tell(const char *path, struct arena *a)
{
    bool ours = info_is_ours(path);
    size_t n;
    const char **line = ours ? info_lines(path, &limits, &n, a)
                             : foreign_lines(path, &n, a);

    if (ours && line)
        begin();
    for (size_t i = 0; line && i < n; i++)
        puts(line[i]);
    return line ? 0 : -1;
}

static int run(const struct stage *stage)
{
    struct arena *a = arena_open();
    int rc = a ? stage_each(&files, tell, a) : -1;

    (void)stage;
    arena_close(a);
    return rc;
}

int main(int argc, char **argv)
{
    return stage_main(&(struct stage){
        .name = "h5info",
        .summary = "say what a file is, in a screenful",
        .example = "h5info a-b.alignment.h5",
        .reads = "data model activations interventions alignment similarity "
                 "report checkpoint foreign",
        .writes = "", .success = "said", .options = table, .run = run,
    }, argc, argv);
}
