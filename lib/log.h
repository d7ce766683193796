/* log.h - what a program says while it works.
 *
 * Lines go to the sink that main opened (standard error). Progress is a single
 * line that renews itself on a terminal and a sparse one (at most every 30 s)
 * elsewhere. Time, host and memory go to NAME.log.json beside the output and
 * never into it, so that equal runs give equal bytes. */
#ifndef LOG_H
#define LOG_H

#include <stdio.h>

/* Start talking as `program`. quiet keeps everything but log_line silent. */
void log_open(FILE *sink, const char *program, int quiet);

/* The loops are computed on this device, not the processor: for the log. */
void log_device(const char *name);

/* A line of its own: `program: text`. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* `done` of `total` units of work are done; the text says how it stands
 * (loss, IIA). Prints done, total, rate and time left; drops most calls. */
void log_progress(double done, double total, const char *unit,
                  const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* End the progress line, if one stands. */
void log_progress_end(void);

/* Write NAME.log.json beside `output`: program, command line, host, threads,
 * device, start, seconds of wall and processor time, peak memory, exit code.
 * Children that have ended count: their time is added, the largest peak is
 * told. A log that cannot be written is no error. */
void log_write(const char *output, int argc, char **argv, int code);

#endif
