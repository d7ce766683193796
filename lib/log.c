#include <math.h>
#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "outfile.h"
#include "seconds.h"
#include "utf8.h"

enum { TTY_TENTHS = 2, SPARSE_SECONDS = 30 };

static struct {
    FILE *sink;
    const char *program;
    char device[64];            /* "": this processor                        */
    int quiet, tty, standing;   /* standing: an unfinished progress line     */
    double opened;              /* seconds of the monotonic clock            */
    time_t date;
    double done0, done, began, last;    /* of the progress                   */
} now;

void log_open(FILE *sink, const char *program, int quiet)
{
    memset(&now, 0, sizeof now);
    now.sink = sink;
    now.program = program;
    now.quiet = quiet;
    now.tty = isatty(fileno(sink));
    now.opened = seconds();
    now.date = time(NULL);
    now.done = HUGE_VAL;        /* the first progress begins a new one */
}

void log_device(const char *name)
{
    snprintf(now.device, sizeof now.device, "%s", name);
}

void log_line(const char *format, ...)
{
    va_list args;

    if (!now.sink)
        return;
    log_progress_end();
    fprintf(now.sink, "%s: ", now.program);
    va_start(args, format);
    vfprintf(now.sink, format, args);
    va_end(args);
    fputc('\n', now.sink);
    fflush(now.sink);
}

/* "7 s", "3:05" or "2:00:05". */
static void print_time(FILE *to, double s)
{
    long whole = lround(fmin(s, 1e9));

    if (whole < 60)
        fprintf(to, "%ld s", whole);
    else if (whole < 3600)
        fprintf(to, "%ld:%02ld", whole / 60, whole % 60);
    else
        fprintf(to, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60,
                whole % 60);
}

void log_progress(double done, double total, const char *unit,
                  const char *format, ...)
{
    double t = seconds(), rate;
    va_list args;

    if (!now.sink || now.quiet)
        return;
    if (done < now.done) {
        now.done0 = done;
        now.began = now.last = t;
    }
    now.done = done;
    if (t - now.last < (now.tty ? 0.1 * TTY_TENTHS : SPARSE_SECONDS))
        return;
    now.last = t;

    rate = (done - now.done0) / (t - now.began);
    fprintf(now.sink, "%s%s: %.0f of %.0f %s, %.3g/s", now.tty ? "\r" : "",
            now.program, done, total, unit, rate);
    if (rate > 0) {
        fprintf(now.sink, ", ");
        print_time(now.sink, (total - done) / rate);
        fprintf(now.sink, " left");
    }
    fprintf(now.sink, "  ");
    va_start(args, format);
    vfprintf(now.sink, format, args);
    va_end(args);
    fprintf(now.sink, now.tty ? "\033[K" : "\n");
    fflush(now.sink);
    now.standing = now.tty;
}

void log_progress_end(void)
{
    if (now.standing)
        fprintf(now.sink, "\n");
    now.standing = 0;
    now.done = HUGE_VAL;
}

/* ---- NAME.log.json ---- */

/* A byte that is of no UTF-8 character stands as the character of its
 * number. */
static void print_string(FILE *to, const char *text)
{
    size_t n = strlen(text), length;

    fputc('"', to);
    for (; n > 0; text += length, n -= length) {
        unsigned char c = (unsigned char)*text;
        size_t is = utf8_length(text, n);
        length = is ? is : 1;
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (!is || c < 0x20 || c == 0x7f)
            fprintf(to, "\\u%04x", c);
        else
            fwrite(text, 1, length, to);
    }
    fputc('"', to);
}

static double processor_seconds(const struct rusage *used)
{
    return (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) +
           1e-6 * (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
}

static void print_log(FILE *to, int argc, char **argv, int code)
{
    char host[256] = "", date[32];
    struct rusage own, child;
    struct tm utc;

    gethostname(host, sizeof host - 1);
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &child);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ",
             gmtime_r(&now.date, &utc));

    fprintf(to, "{\n  \"program\": ");
    print_string(to, now.program);
    fprintf(to, ",\n  \"command\": [");
    for (int i = 0; i < argc; i++) {
        fprintf(to, i ? ", " : "");
        print_string(to, argv[i]);
    }
    fprintf(to, "],\n  \"host\": ");
    print_string(to, host);
    fprintf(to, ",\n  \"threads\": %d", omp_get_max_threads());
    if (now.device[0]) {
        fprintf(to, ",\n  \"device\": ");
        print_string(to, now.device);
    }
    fprintf(to, ",\n  \"start\": \"%s\"", date);
    fprintf(to, ",\n  \"wall_seconds\": %.3f", seconds() - now.opened);
    fprintf(to, ",\n  \"processor_seconds\": %.3f",
            processor_seconds(&own) + processor_seconds(&child));
    fprintf(to, ",\n  \"peak_memory_bytes\": %lld", 1024LL *
            (own.ru_maxrss > child.ru_maxrss ? own : child).ru_maxrss);
    fprintf(to, ",\n  \"exit_code\": %d\n}\n", code);
}

void log_write(const char *output, int argc, char **argv, int code)
{
    struct outfile *f = NULL;
    FILE *to = NULL;
    char path[4096];

    if (!now.sink || (size_t)snprintf(path, sizeof path, "%s.log.json",
                                      output) >= sizeof path)
        return;
    if (!(f = outfile_open(path)) || !(to = fopen(outfile_part(f), "w")))
        goto done;
    print_log(to, argc, argv, code);
    if (!fclose(to))
        outfile_commit(f);
done:
    outfile_close(f);
    err_clear();
}
