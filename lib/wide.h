/* wide.h - functions with loops that a compiler can vectorise: one copy a
 * vector width; the loader picks. */
#ifndef WIDE_H
#define WIDE_H

#define WIDE __attribute__((target_clones("arch=x86-64-v4", \
                                          "arch=x86-64-v3", "default")))

#endif
