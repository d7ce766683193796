/* transform.h - states in an aligned space. */
#ifndef TRANSFORM_H
#define TRANSFORM_H

struct arena;
struct store;

/* Write the activations `from` in the aligned space of their system, as the
 * alignment `maps` learnt it: states R h at a site called "aligned", whose
 * first K coordinates are the exchanged ones. */
int transform_acts(struct store *s, const char *maps, const char *from,
                   const char *to, struct arena *a);

#endif
