/* three_part - the paper's theoretical counting model (figure 5, section 3.4),
 * built by hand for the task multi-object: states (x,y,z), no head to learn.
 *
 * Demo tokens count up along z. Responses count along y, in steps that depend
 * on z, until y meets a curved boundary where E is said; T clears y. x counts
 * the responses too, but nothing reads it. With token effects e of the
 * embedding and s(z) = sqrt(max(z, 1/4)),
 *
 *     x' = x + e_x      y' = max(0, y + e_y / s(z))      z' = z + e_z
 *
 *     e = (0,0,1) of a demo token, (1,1,0) of R, (0,-CLEAR,0) of T, else 0,
 *
 * so r responses after n demo tokens are y = r / sqrt(n), and the boundary is
 * y = s(z), less half a step:
 *
 *     logit R = BETA (z - y s(z) - 1/2)      logit E = 0      others far below
 *
 * The state does not say the phase: after T only R or E is determined, so only
 * the choice between the two matters.
 *
 * Count = z - x can be decoded linearly, and the linear map (x,y,z) ->
 * (0,0,z-x) carries it into any state, in either phase. No exchange of
 * coordinates does: what a response has left in y and z is kept, or comes
 * along, and nothing can be counted on from there, since T clears y but leaves
 * z as it was before the responses. Replacing the whole state fails just where
 * the target is in the demo phase and the source in the response phase: a
 * quarter of the samples, where phases are drawn independently. In a search
 * over all directions the best line carried the count in 0.43 of the samples,
 * the best plane, that of y and z, in 0.74. With equal phases the whole state
 * does carry it. */
#include <math.h>
#include <string.h>

#include "../arch.h"
#include "../kern.h"
#include "../params.h"

enum { X, Y, Z, WIDTH };
enum { E = 2, DEMO = 3, DEMOS = 3, T = 7, R = 8, TOKENS };  /* multi-object's */
enum { BETA = 8, FAR_BELOW = -30, CLEAR = 100 };

static const struct param params[] = {
    { "embedding.weight", "V", "C", INIT_NORMAL, NULL, 0 },
    { .name = NULL }
};

static const struct site sites[] = {
    { "embedding", "C" },
    { "hidden", "C" },
    { .name = NULL }
};

static const real bias[TOKENS] = {
    [0] = FAR_BELOW, FAR_BELOW, [E] = 0, [DEMO] = FAR_BELOW, FAR_BELOW,
    FAR_BELOW, FAR_BELOW, [T] = FAR_BELOW, [R] = -(real)BETA / 2
};

static void draw(struct model *m)
{
    real *e = m->w + m->at[EMBEDDING];

    memset(e, 0, m->P * sizeof *e);
    for (int v = DEMO; v < DEMO + DEMOS; v++)
        e[v * WIDTH + Z] = 1;
    e[T * WIDTH + Y] = -CLEAR;
    e[R * WIDTH + X] = e[R * WIDTH + Y] = 1;
}

static size_t no_tables(const struct model *m)
{
    (void)m;
    return 0;
}

static void prepare(struct model *m)
{
    (void)m;
}

/* ---- one step ---- */

static real s(real z)
{
    return (real)sqrt(z > (real)0.25 ? (double)z : 0.25);
}

static real s_slope(real z)
{
    return z > (real)0.25 ? 1 / (2 * s(z)) : 0;
}

/* h (3) after the input e (3) to h0 (3). */
static void step(real *h, const real *h0, const real *e)
{
    real y = h0[Y] + e[Y] / s(h0[Z]);

    h[X] = h0[X] + e[X];
    h[Y] = y > 0 ? y : 0;
    h[Z] = h0[Z] + e[Z];
}

/* dh (3), the gradient of h, becomes that of h0; de (3) += that of e. */
static void step_back(real *dh, real *de, const real *h, const real *h0,
                      const real *e)
{
    real root = s(h0[Z]);

    if (!(h[Y] > 0))
        dh[Y] = 0;
    de[X] += dh[X];
    de[Y] += dh[Y] / root;
    de[Z] += dh[Z];
    dh[Z] -= dh[Y] * e[Y] * s_slope(h0[Z]) / (root * root);
}

/* Loss of a state (3) whose next token is `label`; gives scale * gradient of
 * the loss by the logit of R. */
static real say(const real *h, uint8_t label, real scale, double *loss,
                uint8_t *best)
{
    real logit[TOKENS] = { [R] = BETA * (h[Z] - h[Y] * s(h[Z])) };

    kern_softmax_loss(logit, TOKENS, loss, best, bias, &label, scale, 1,
                      TOKENS);
    return logit[R];
}

static void say_back(real *dh, const real *h, real dlogit)
{
    dh[Y] -= dlogit * BETA * s(h[Z]);
    dh[Z] += dlogit * BETA * (1 - h[Y] * s_slope(h[Z]));
}

/* ---- a row of a tile ---- */

/* From state h[0] on, state k foretells token from + k of row b and then reads
 * it. Losses are those of all tokens, or of those that count. */
struct walk {
    const struct tile *x;
    int b, from;
    bool all;
    real scale;
    real *h;                    /* (T,3) h[0] set by the caller              */
    real *dlogit;               /* (T)                                       */
};

static int walk_token(const struct walk *w, int k)
{
    return w->x->token[(w->from + k) * w->x->B + w->b];
}

static const real *effect(const struct model *m, int token)
{
    return m->w + m->at[EMBEDDING] + token * WIDTH;
}

static void forward(const struct model *m, const struct walk *w,
                    const struct outcome *y)
{
    int n = w->x->length[w->b] - w->from;

    y->loss[w->b] = 0;
    y->wrong[w->b] = 0;
    for (int k = 0; k < n; k++) {
        int token = walk_token(w, k);
        bool counts = w->x->counts[(w->from + k) * w->x->B + w->b];
        real *h = w->h + k * WIDTH;
        double loss = 0;
        uint8_t best;
        w->dlogit[k] = 0;
        if (w->all || counts) {
            w->dlogit[k] = say(h, (uint8_t)token, w->scale, &loss, &best);
            y->wrong[w->b] += counts && best != token;
        }
        y->loss[w->b] += loss;
        if (k + 1 < n)
            step(h + WIDTH, h, effect(m, token));
    }
}

/* dh (3) = the gradient of h[0]; dw (P) += that of the parameters. */
static void backward(const struct model *m, const struct walk *w, real *dh,
                     real *dw)
{
    int n = w->x->length[w->b] - w->from;
    real none[WIDTH] = { 0 };

    memset(dh, 0, WIDTH * sizeof *dh);
    for (int k = n - 1; k >= 0; k--) {
        const real *h = w->h + k * WIDTH;
        int token = walk_token(w, k);
        if (k + 1 < n)
            step_back(dh, dw ? dw + m->at[EMBEDDING] + token * WIDTH : none,
                      h + WIDTH, h, effect(m, token));
        say_back(dh, h, w->dlogit[k]);
    }
}

/* ---- the operations ---- */

static const real origin[WIDTH] = { 0 };

static size_t room(const struct model *m, int B, int steps)
{
    (void)m;
    (void)B;
    return (size_t)steps * (WIDTH + 1);
}

static void record(const struct model *m, const struct tile *x,
                   real *const *states, real *work)
{
    real *e = states[SITE_EMBEDDING], *h = states[SITE_HIDDEN], *before = NULL;

    (void)work;
    for (int k = 0; k < x->T; k++) {
        int n = tile_active(x, k);
        for (int b = 0; b < n; b++) {
            memcpy(e + b * WIDTH, effect(m, x->token[k * x->B + b]),
                   WIDTH * sizeof *e);
            step(h + b * WIDTH, k ? before + b * WIDTH : origin,
                 e + b * WIDTH);
        }
        before = h;
        e += n * WIDTH;
        h += n * WIDTH;
    }
}

static void train(const struct model *m, const struct tile *x,
                  const struct dropout *drop, real scale, real *dw,
                  const struct outcome *y, real *work)
{
    struct walk w = { .x = x, .from = 1, .all = true, .scale = scale,
                      .h = work, .dlogit = work + x->T * WIDTH };

    (void)drop;
    for (w.b = 0; w.b < x->B; w.b++) {
        const real *first = effect(m, x->token[w.b]);
        real dh[WIDTH];
        step(w.h, origin, first);
        forward(m, &w, y);
        if (dw == NULL)
            continue;
        backward(m, &w, dh, dw);
        step_back(dh, dw + (first - m->w), w.h, origin, first);
    }
}

static void go_on(const struct model *m, int site, const real *v,
                  const struct past *past, const struct tile *x, real scale,
                  real *dv, const struct outcome *y, real *work)
{
    struct walk w = { .x = x, .scale = scale, .h = work,
                      .dlogit = work + x->T * WIDTH };

    for (w.b = 0; w.b < x->B; w.b++, v += WIDTH) {
        const real *before = past->step[w.b] == 0 ? origin :
            past->states[SITE_HIDDEN] + (past->row[w.b] - 1) * WIDTH;
        real dh[WIDTH], de[WIDTH] = { 0 };
        if (site == SITE_HIDDEN)
            memcpy(w.h, v, WIDTH * sizeof *v);
        else
            step(w.h, before, v);
        forward(m, &w, y);
        if (dv == NULL)
            continue;
        backward(m, &w, dh, NULL);
        if (site == SITE_EMBEDDING)
            step_back(dh, de, w.h, before, v);
        memcpy(dv + w.b * WIDTH, site == SITE_HIDDEN ? dh : de,
               WIDTH * sizeof *dv);
    }
}

extern const struct arch arch_three_part;
const struct arch arch_three_part = {
    .name = "three-part", .note = "figure 5's counting model, set by hand",
    .params = params, .sites = sites, .C = WIDTH, .V = TOKENS, .draw = draw,
    .room = room, .tables = no_tables, .prepare = prepare, .record = record,
    .train = train, .go_on = go_on,
};
