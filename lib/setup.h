/* setup.h - an alignment problem from the words of a command line. */
#ifndef SETUP_H
#define SETUP_H

#include <stdbool.h>

struct align;
struct opt_list;
struct store;

/* --system K=ACTIVATIONS[,MODEL], numbered 1, 2, ... in order. Refused
 * (EX_DATAERR) where the activations are not the model's. */
int setup_systems(struct store *s, struct align *x,
                  const struct opt_list *words);

/* --direction J:I[:ROLE]=INTERVENTIONS: all with a role, or none. */
int setup_directions(struct store *s, struct align *x,
                     const struct opt_list *words);

/* Give the directions their roles: their own, else those of --preset, mas
 * where it is NULL, with the systems of --hold ("": none) out of training.
 * Where maps are applied that were learnt before no role is needed. EX_USAGE
 * where --preset would have no effect. */
int setup_roles(struct align *x, const char *preset, const char *hold,
                bool applied);

#endif
