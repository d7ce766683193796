/* real.h - the number type of models and states.
 *
 * float in the programs. The tests build the library a second time with
 * -DREAL=double, so that every gradient can be held against finite
 * differences. Maps, losses and metrics are double in both. */
#ifndef REAL_H
#define REAL_H

#ifndef REAL
#define REAL float
#endif
typedef REAL real;

/* Of a function with loops that a compiler can vectorise: one copy a vector
 * width; the loader picks. With -ffp-contract=fast the wide ones multiply and
 * add at once. */
#define WIDE __attribute__((target_clones("arch=x86-64-v4", \
                                          "arch=x86-64-v3", "default")))

#endif
