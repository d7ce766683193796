#include "setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "align.h"
#include "err.h"
#include "opt.h"
#include "store.h"

enum { PATH = 4096 };

/* K=ACTIVATIONS[,MODEL]; without, MODEL is "". */
static int read_system(const char *word, int number, char acts[PATH],
                       const char **model)
{
    const char *files = strchr(word, '=');
    size_t n = files ? opt_pair(++files) : 0;

    if (n == 0 || n >= PATH || atoi(word) != number)
        return err_set(EX_USAGE, "--system %s: want %d=ACTIVATIONS[,MODEL]",
                       word, number);
    memcpy(acts, files, n);
    acts[n] = '\0';
    *model = files + n + (files[n] == ',');
    return 0;
}

int setup_systems(struct store *s, struct align *x,
                  const struct opt_list *words)
{
    for (int i = 0; i < words->n; i++) {
        char acts[PATH];
        const char *model = "";
        struct model_card card;
        struct align_system *k = &x->system[i];

        if (i >= ALIGN_SYSTEMS)
            return err_set(EX_USAGE, "--system: at most %d", ALIGN_SYSTEMS);
        if (read_system(words->item[i], i + 1, acts, &model))
            return -1;
        if (!(k->acts = store_read_acts(s, acts)))
            return -1;
        if (*model && !(k->model = store_read_model(s, model, &card)))
            return -1;
        if (*model && strcmp(card.name, k->acts->system))
            return err_set(EX_DATAERR, "%s: states of %s, not of %s", acts,
                           k->acts->system, card.name);
        if (*model && !(k->acts->task && task_same(card.of, k->acts->task)))
            return err_set(EX_DATAERR, "%s: its tokens are not those of %s",
                           acts, model);
        x->nsystems = i + 1;
    }
    return 0;
}

/* J:I=FILE or J:I:ROLE=FILE. 1: with a role, 0: without. */
static int read_direction(struct store *s, const struct align *x,
                          struct align_direction *d, const char *word)
{
    char role[16] = "";
    int from = 0, to = 0, end = 0, is = ROLE_SCORE;

    if (sscanf(word, "%d:%d=%n", &from, &to, &end) < 2 || end == 0)
        sscanf(word, "%d:%d:%15[^=]=%n", &from, &to, role, &end);
    if (end == 0 || from < 1 || from > x->nsystems || to < 1 ||
        to > x->nsystems)
        return err_set(EX_USAGE, "--direction %s: want J:I[:ROLE]=FILE with "
                       "systems 1..%d", word, x->nsystems);
    if (*role && (is = align_role(role)) < 0)
        return err_in("--direction %s", word);
    *d = (struct align_direction){ .source = from - 1, .target = to - 1,
                                   .role = (enum role)is };
    if (!(d->pairs = store_read_pairs(s, word + end)))
        return -1;
    return *role != 0;
}

int setup_directions(struct store *s, struct align *x,
                     const struct opt_list *words)
{
    int roles = 0;

    if (x->nsystems == 0 || words->n == 0)
        return err_set(EX_USAGE, "give --system 1=ACTIVATIONS,MODEL and "
                       "--direction 1:1=INTERVENTIONS, or more of them");
    if (words->n > ALIGN_DIRECTIONS)
        return err_set(EX_USAGE, "--direction: at most %d", ALIGN_DIRECTIONS);
    for (int i = 0; i < words->n; i++) {
        int with = read_direction(s, x, &x->direction[i], words->item[i]);
        if (with < 0)
            return -1;
        roles += with;
        x->ndirections = i + 1;
    }
    if (roles > 0 && roles < words->n)
        return err_set(EX_USAGE, "--direction: give a role to all or to none");
    x->preset = roles ? "none" : NULL;
    return 0;
}

int setup_roles(struct align *x, const char *preset, const char *hold,
                bool applied)
{
    bool given = x->preset != NULL;

    if (given && preset)
        return err_set(EX_USAGE, "--preset %s: every --direction has its role "
                       "already", preset);
    if (align_hold(x, hold))
        return -1;
    if (applied && !given)
        x->preset = "apply";
    return given || applied ? 0 : align_preset(x, preset ? preset : "mas");
}
