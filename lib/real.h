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

#endif
