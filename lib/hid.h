/* hid.h - what h5file and foreign both do with HDF5's ids.
 *
 * These three modules alone include <hdf5.h>. Ids start at -1 and are given
 * back by hid_drop, whatever they stand for. */
#ifndef HID_H
#define HID_H

#include <hdf5.h>
#include <stdbool.h>

struct names;

void hid_drop(hid_t id);        /* -1 is fine */

/* Is the open file the very one that a descriptor stands for? A path may lead
 * to another one a moment after it was looked at. */
bool hid_is_file(hid_t file, int fd);

/* Add the names of a group's links, sorted. 0, or -1: the group cannot be
 * listed or, with an error pending, memory. */
int hid_names(hid_t group, struct names *list);

#endif
