/* device.h - where the loops are computed: this processor, or another device
 * that was built in and is there.
 *
 * Adding a device: its entry in device_menu, which device/ links, and its name
 * in device.c. Results agree to rounding; nothing else knows that there are
 * several. */
#ifndef DEVICE_H
#define DEVICE_H

#include "acts.h"

struct align_engine;
struct learn_engine;

struct device {
    const char *name;
    int (*find)(void);          /* 0; -1: it is not here (EX_UNAVAILABLE)    */
    acts_recorder *record;              /* of these NULL is the processor    */
    const struct learn_engine *learn;
    const struct align_engine *align;
};

extern const struct device *const device_menu[];        /* NULL-ended; those
                                                that are not this processor */

/* What can be asked for, built in or not, NULL-ended: cpu, cuda, auto. */
extern const char *const device_names[];
const char *device_note(const char *name);

/* The device of that name; auto: the first that is found, or this processor,
 * whose name *name becomes. NULL: it is not here, or not built in
 * (EX_UNAVAILABLE). */
const struct device *device_find(const char **name);

#endif
