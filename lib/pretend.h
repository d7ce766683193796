/* pretend.h - a model's states made what a recording of the model would be: of
 * a part of its units, with noise, and not to be run on. Learnt from as a
 * recording and then scored by the model behind it, it tells how well what can
 * be measured of recordings stands in for what cannot. */
#ifndef PRETEND_H
#define PRETEND_H

struct acts;
struct arena;

struct pretend_plan {
    long units;                 /* kept at each site; 0: all                 */
    double noise;               /* SD of normal noise, independent in each row
                                   and unit, in SDs of the unit over the rows */
    long seed;
};

/* Which units are kept is drawn at random; they stay in their order. 0, or -1:
 * memory; EX_USAGE where a site has fewer units. */
int pretend_record(struct acts *x, const struct pretend_plan *plan,
                   struct arena *a);

#endif
