#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lib/err.h"
#include "../lib/opt.h"
#include "scratch.h"

static const char *data, *out, *arch, *note, *theirs;
static struct opt_list systems, tables, plains, tags;
static long seed, often;
static double rate, share;
static size_t room;
static bool fresh;
static char cwd[4096];

static const char *const archs[] = { "gru", "lstm", NULL };
static const char *note_of(const char *choice)
{
    return *choice == 'g' ? "one gate less" : "one gate more";
}
static const char *none_fresh(void)
{
    return fresh ? NULL : "without --fresh";
}

static const struct opt table[] = {
    { "data", OPT_INPUT, &data, "sequences", .flags = OPT_REQUIRED },
    { "system", OPT_INPUTS, &systems, "a system",
      .flags = OPT_PAIR | OPT_KEYED },
    { "table", OPT_INPUTS, &tables, "a table", .flags = OPT_KEYED },
    { "plain", OPT_INPUTS, &plains, "no keys", .flags = 0 },
    { "out", OPT_OUTPUT, &out, "file to make", .flags = OPT_REQUIRED },
    { "arch", OPT_TEXT, &arch, "architecture", .flags = OPT_RESULT,
      .choices = archs, .note = note_of },
    { "note", OPT_TEXT, &note, "any text", .flags = OPT_RESULT },
    { "tag", OPT_LIST, &tags, "any texts", .flags = OPT_RESULT },
    { "seed", OPT_INT, &seed, "of the streams", .flags = OPT_RESULT, .hi = 99 },
    { "rate", OPT_REAL, &rate, "learning rate", .flags = OPT_RESULT },
    { "share", OPT_REAL, &share, "a share", .flags = OPT_EXTENT, .hi = 1 },
    { "theirs", OPT_INPUT, &theirs, "any file", .flags = OPT_ANY },
    { "room", OPT_SIZE, &room, "bytes", .flags = 0, .lo = 16, .hi = 4096 },
    { "fresh", OPT_FLAG, &fresh, "new sequences", .flags = OPT_RESULT },
    { "often", OPT_INT, &often, "how often", .flags = OPT_RESULT,
      .idle = none_fresh },
    { 0 }
};

/* Parse a command line of blank-separated words after `--data a.h5 -o x`. */
static int parse_bare(const char *words)
{
    static char line[1024];
    char *argv[64] = { "test" }, *word;
    int argc = 1;

    data = out = note = theirs = NULL;
    arch = "gru";
    systems.n = tables.n = plains.n = tags.n = 0;
    room = (size_t)1 << 30, seed = 1, rate = 0.003, share = 0.5, fresh = false;
    err_clear();
    snprintf(line, sizeof line, "%s", words);
    for (word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    return opt_parse(table, argc, argv);
}

static int parse(const char *words)
{
    char line[1024];

    snprintf(line, sizeof line, "--data a.h5 -o x.h5 %s", words);
    return parse_bare(line);
}

static void told(int rc, int code, const char *why)
{
    assert_int_equal(rc, -1);
    assert_string_equal(err_text(), why);
    assert_int_equal(err_code(), code);
}

static void refused(const char *words, int code, const char *why)
{
    told(parse(words), code, why);
}

static void values_reach_their_variables(void **state)
{
    (void)state;
    assert_int_equal(parse("--seed 7 --rate=1e-4 --arch lstm --fresh "
                           "--note=a=b --tag one --tag=two"), 0);
    assert_string_equal(data, "a.h5");
    assert_string_equal(out, "x.h5");
    assert_int_equal(seed, 7);
    assert_true(rate == 1e-4);
    assert_string_equal(arch, "lstm");
    assert_true(fresh);
    assert_string_equal(note, "a=b");
    assert_int_equal(tags.n, 2);
    assert_string_equal(tags.item[1], "two");
    assert_string_equal(opt_output(table), "x.h5");
}

static void what_is_not_given_keeps_its_default(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_int_equal(seed, 1);
    assert_true(rate == 0.003 && share == 0.5 && !fresh);
    assert_string_equal(arch, "gru");
    assert_null(note);
}

static void the_last_of_two_values_holds_but_of_files(void **state)
{
    (void)state;
    assert_int_equal(parse("--seed 7 --seed 8"), 0);
    assert_int_equal(seed, 8);
    refused("--data b.h5", EX_USAGE, "--data: given twice");
    refused("-o y.h5", EX_USAGE, "--out: given twice");
}

static void whole_numbers_are_read_strictly(void **state)
{
    (void)state;
    assert_int_equal(parse("--seed +3"), 0);
    refused("--seed 3x", EX_USAGE, "--seed 3x: not a whole number");
    refused("--seed 1.5", EX_USAGE, "--seed 1.5: not a whole number");
    refused("--seed=", EX_USAGE, "--seed : not a whole number");
    refused("--seed 99999999999999999999", EX_USAGE,
            "--seed 99999999999999999999: too large");
    refused("--seed -1", EX_USAGE, "--seed -1: must be within 0 to 99");
    refused("--seed 100", EX_USAGE, "--seed 100: must be within 0 to 99");
}

static void sizes_are_read_strictly(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_true(room == (size_t)1 << 30);
    assert_int_equal(parse("--room 512M"), 0);
    assert_true(room == (size_t)512 << 20);
    assert_int_equal(parse("--room 1.5G"), 0);
    assert_true(room == (size_t)1536 << 20);
    assert_int_equal(parse("--room 16"), 0);
    assert_true(room == (size_t)16 << 20);
    refused("--room 15M", EX_USAGE, "--room 15M: not a size such as 512M or "
            "4G, from 16M to 4G");
    refused("--room 4.1G", EX_USAGE, "--room 4.1G: not a size such as 512M "
            "or 4G, from 16M to 4G");
    refused("--room 1T", EX_USAGE, "--room 1T: not a size such as 512M or 4G, "
            "from 16M to 4G");
    refused("--room 1GG", EX_USAGE, "--room 1GG: not a size such as 512M or "
            "4G, from 16M to 4G");
    refused("--room nan", EX_USAGE, "--room nan: not a size such as 512M or "
            "4G, from 16M to 4G");
    refused("--room=", EX_USAGE, "--room : not a size such as 512M or 4G, "
            "from 16M to 4G");
}

static void numbers_are_read_strictly(void **state)
{
    (void)state;
    assert_int_equal(parse("--rate -2.5e3"), 0);
    assert_true(rate == -2500);
    refused("--rate nan", EX_USAGE, "--rate nan: not a number");
    refused("--rate -NAN(1)", EX_USAGE, "--rate -NAN(1): not a number");
    refused("--rate inf", EX_USAGE, "--rate inf: too large");
    refused("--rate 1e999", EX_USAGE, "--rate 1e999: too large");
    refused("--rate 1e-4,", EX_USAGE, "--rate 1e-4,: not a number");
    refused("--rate=", EX_USAGE, "--rate : not a number");
    refused("--share 1.01", EX_USAGE, "--share 1.01: must be within 0 to 1");
    assert_int_equal(parse("--share 1"), 0);
}

static void choices_are_named_where_none_is_met(void **state)
{
    (void)state;
    refused("--arch GRU", EX_USAGE, "--arch GRU: must be one of gru, lstm");
}

static void a_word_that_is_no_option_is_refused_by_name(void **state)
{
    (void)state;
    refused("--sead 3", EX_USAGE, "--sead: unknown option (see --help)");
    refused("--sead=3", EX_USAGE, "--sead: unknown option (see --help)");
    refused("--see 3", EX_USAGE, "--see: unknown option (see --help)");
    refused("--", EX_USAGE, "--: unknown option (see --help)");
    refused("-s 3", EX_USAGE, "-s: not an option (see --help)");
    refused("b.h5", EX_USAGE, "b.h5: not an option (see --help)");
}

static void a_value_must_come_and_a_flag_has_none(void **state)
{
    (void)state;
    refused("--seed", EX_USAGE, "--seed: needs a value");
    refused("--seed --fresh", EX_USAGE, "--seed: needs a value");
    refused("-o", EX_USAGE, "--out: needs a value");
    told(parse_bare("--out="), EX_USAGE, "--out: needs a file name");
    refused("--fresh=yes", EX_USAGE, "--fresh: takes no value");
}

static void required_options_are_missed(void **state)
{
    (void)state;
    assert_int_equal(parse_bare("--data a.h5"), -1);
    assert_string_equal(err_text(), "--out: required (see --help)");
    assert_int_equal(parse_bare("-o x.h5"), -1);
    assert_string_equal(err_text(), "--data: required (see --help)");
    assert_int_equal(err_code(), EX_USAGE);
}

static void inputs_must_be_files_that_can_be_read(void **state)
{
    (void)state;
    told(parse_bare("--data none.h5 -o x.h5"), EX_NOINPUT,
         "none.h5: No such file or directory");
    told(parse_bare("--data . -o x.h5"), EX_NOINPUT, ".: is a directory");
    refused("--system 1=a.h5,none.h5", EX_NOINPUT,
            "none.h5: No such file or directory");
    refused("--system none.h5", EX_NOINPUT,
            "none.h5: No such file or directory");
    refused("--system 1=a.h5,", EX_NOINPUT, ": No such file or directory");
    assert_int_equal(parse("--system 1=a.h5,b.h5 --system b.h5"), 0);
    assert_int_equal(parse("--theirs none.h5"), 0);
    assert_int_equal(parse("--theirs ."), 0);
    assert_string_equal(theirs, ".");
}

/* A usage error is told before a missing file is. */
static void usage_comes_before_inputs(void **state)
{
    (void)state;
    told(parse_bare("--data none.h5 --seed x"), EX_USAGE,
         "--seed x: not a whole number");
}

static void too_many_items_are_refused(void **state)
{
    char *argv[2 * OPT_LIST_MAX + 8] = { "test" };
    int argc = 1;

    (void)state;
    parse("");
    tags.n = 0;
    for (int i = 0; i < OPT_LIST_MAX; i++)
        argv[argc++] = "--tag=t";
    argv[argc++] = "--data=a.h5";
    argv[argc++] = "-o";
    argv[argc++] = "x";
    assert_int_equal(opt_parse(table, argc, argv), 0);
    tags.n = 0;
    argv[argc++] = "--tag=t";
    assert_int_equal(opt_parse(table, argc, argv), -1);
    assert_string_equal(err_text(), "--tag: more than 1024 of them");
}

static int collect(const char *path, void *to)
{
    strcat(to, path);
    strcat(to, ";");
    return !strcmp(path, "b.h5") ? 3 : 0;
}

static void every_input_is_visited_until_one_says_stop(void **state)
{
    char seen[256] = "";

    (void)state;
    assert_int_equal(parse("--system 1=./a.h5,sub/c.h5 --system sub/c.h5"), 0);
    assert_int_equal(opt_inputs(table, collect, seen), 0);
    assert_string_equal(seen, "a.h5;./a.h5;sub/c.h5;sub/c.h5;");
    seen[0] = '\0';
    assert_int_equal(parse("--system 1=a.h5,b.h5 --system sub/c.h5"), 0);
    assert_int_equal(opt_inputs(table, collect, seen), 3);
    assert_string_equal(seen, "a.h5;a.h5;b.h5;");
}

/* A number is a key, or two with a word; all else belongs to the file. */
static void only_numbers_are_keys(void **state)
{
    static const char *const name[] = {
        "lr=0.1,k=2.h5", "1:x=y.h5", "1:2:=.h5", "2.h5", "=.h5",
    };
    char words[256], want[256], text[512];

    (void)state;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        static const char *const key[] = { "", "1=", "12:3=", "1:2:latent=" };
        FILE *f = fopen(name[i], "w");
        assert_non_null(f);
        fclose(f);
        for (size_t k = i == 2; k < sizeof key / sizeof *key; k++) {
            char seen[256] = "";
            snprintf(words, sizeof words, "--table %s%s", key[k], name[i]);
            assert_int_equal(parse(words), 0);
            opt_inputs(table, collect, seen);
            snprintf(want, sizeof want, "a.h5;%s;", name[i]);
            assert_string_equal(seen, want);
            opt_text(table, 0, text, sizeof text);
            snprintf(want, sizeof want, "table=%s%s ", key[k], name[i]);
            assert_non_null(strstr(text, want));
        }
        unlink(name[i]);
    }
    refused("--table one=a.h5", EX_NOINPUT, "one=a.h5: No such file or "
            "directory");
    refused("--plain 1=a.h5", EX_NOINPUT, "1=a.h5: No such file or directory");
}

/* A program that takes plain files. */
static int parse_files(int argc, char **argv, struct opt_list *files)
{
    const struct opt takes[] = {
        { "FILE", OPT_INPUTS, files, "files",
          .flags = OPT_OPERAND | OPT_REQUIRED },
        { "room", OPT_SIZE, &room, "bytes", .flags = 0, .lo = 16, .hi = 4096 },
    { "fresh", OPT_FLAG, &fresh, "a flag", .flags = 0 },
        { 0 }
    };
    char seen[256] = "";

    files->n = 0;
    err_clear();
    if (opt_parse(takes, argc, argv))
        return -1;
    opt_inputs(takes, collect, seen);
    for (int i = 0; i < files->n; i++)
        assert_non_null(strstr(seen, files->item[i]));
    return 0;
}

static void plain_files_need_no_option_where_a_row_takes_them(void **state)
{
    static struct opt_list files;
    FILE *odd = fopen("k=a,b.h5", "w");

    (void)state;
    fclose(odd);
    assert_int_equal(parse_files(4, (char *[]){ "test", "k=a,b.h5", "--fresh",
                                                "sub/c.h5" }, &files), 0);
    assert_int_equal(files.n, 2);
    assert_string_equal(files.item[0], "k=a,b.h5");
    assert_int_equal(parse_files(1, (char *[]){ "test" }, &files), -1);
    assert_string_equal(err_text(), "FILE: required (see --help)");
    assert_int_equal(parse_files(2, (char *[]){ "test", "none" }, &files), -1);
    assert_int_equal(err_code(), EX_NOINPUT);
    assert_int_equal(parse_files(2, (char *[]){ "test", "-x" }, &files), -1);
    assert_string_equal(err_text(), "-x: not an option (see --help)");
    assert_int_equal(parse_files(2, (char *[]){ "test", "" }, &files), -1);
    unlink("k=a,b.h5");
    refused("a.h5", EX_USAGE, "a.h5: not an option (see --help)");
}

static void the_text_holds_what_makes_the_result(void **state)
{
    char text[512];
    const char *whole = "data=a.h5 system=1=a.h5,c.h5 system=c.h5 arch=lstm "
                        "tag=one tag=two seed=1 rate=0.003 share=0.5 "
                        "fresh=FALSE";

    (void)state;
    assert_int_equal(parse("--system 1=./a.h5,sub/c.h5 --system=sub/c.h5 "
                           "--tag one --tag two --arch lstm"), 0);
    assert_int_equal(opt_text(table, 0, text, sizeof text), strlen(whole));
    assert_string_equal(text, whole);
    opt_text(table, OPT_EXTENT, text, sizeof text);
    assert_null(strstr(text, "share"));
    assert_non_null(strstr(text, "fresh=FALSE"));
}

static void
what_has_no_effect_is_refused_where_typed_and_not_stored(void **state)
{
    char text[512];

    (void)state;
    refused("--often 3", EX_USAGE, "--often: no effect: without --fresh");
    told(parse_bare("--often 0 --data none.h5 -o x.h5"), EX_USAGE,
         "--often: no effect: without --fresh");
    assert_int_equal(parse("--often 3 --fresh"), 0);
    opt_text(table, 0, text, sizeof text);
    assert_non_null(strstr(text, "fresh=TRUE often=3"));
    assert_int_equal(parse(""), 0);
    opt_text(table, 0, text, sizeof text);
    assert_null(strstr(text, "often"));
}

static void the_text_tells_its_length_where_it_does_not_fit(void **state)
{
    char text[16], whole[512];
    size_t length;

    (void)state;
    parse("");
    length = opt_text(table, 0, whole, sizeof whole);
    assert_int_equal(opt_text(table, 0, NULL, 0), length);
    memset(text, '#', sizeof text);
    assert_int_equal(opt_text(table, 0, text, 8), length);
    assert_int_equal(strlen(text), 7);
    assert_memory_equal(text, whole, 7);
    assert_int_equal(text[8], '#');
}

static void values_with_blanks_cannot_pass_for_other_options(void **state)
{
    char *argv[] = { "test", "--data=a.h5", "-o", "x", "--note",
                     "say \"a\\b\" seed=4" };
    char text[512];

    (void)state;
    parse("");
    assert_int_equal(opt_parse(table, 6, argv), 0);
    opt_text(table, 0, text, sizeof text);
    assert_non_null(strstr(text,
                           " note=\"say \\\"a\\\\b\\\" seed=4\" seed=1"));
}

/* Names of files too: one named `t.h5 seed=4` is one file. */
static void a_line_is_read_back_as_it_was_given(void **state)
{
    static const char *const odd[] = {
        "sub/t.h5 seed=4", "\"", "\\", "a\\\" b=\"c", " ", "k=v",
    };
    char text[512], name[OPT_NAME], value[512];

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        const char *at = text, *slash = strchr(odd[i], '/');
        parse("--tag one");
        note = theirs = odd[i];
        systems = (struct opt_list){ 1, { odd[i] } };
        opt_text(table, 0, text, sizeof text);
        for (const struct opt *o = table; o->name; o++) {
            if (o->to == &tables || o->to == &plains || o->to == &out ||
                o->to == &room || o->to == &often)
                continue;
            at = opt_next(at, name, value, sizeof value);
            assert_non_null(at);
            assert_string_equal(name, o->name);
            if (o->to == &note)
                assert_string_equal(value, odd[i]);
            if (o->to == &theirs || o->to == &systems)
                assert_string_equal(value, slash ? slash + 1 : odd[i]);
            if (o->to == &seed)
                assert_string_equal(value, "1");
        }
        assert_null(opt_next(at, name, value, sizeof value));
        assert_true(opt_stored(text, "note", value, sizeof value));
        assert_string_equal(value, odd[i]);
    }
}

static void an_option_is_found_by_its_whole_name(void **state)
{
    const char *line = "note=\"seed=4 \\\"rate=5\" other-seed=6 seed=7 seed=8 "
                       "empty=\"\" bare";
    char value[8];

    (void)state;
    assert_true(opt_stored(line, "seed", value, sizeof value));
    assert_string_equal(value, "7");
    assert_true(opt_stored(line, "note", value, sizeof value));
    assert_string_equal(value, "seed=4 ");
    assert_true(opt_stored(line, "empty", value, sizeof value));
    assert_string_equal(value, "");
    assert_true(opt_stored(line, "bare", value, sizeof value));
    assert_string_equal(value, "");
    assert_false(opt_stored(line, "rate", value, sizeof value));
    assert_false(opt_stored("", "rate", value, sizeof value));
    assert_false(opt_stored("note=\"open", "rate", value, sizeof value));
}

static void numbers_stand_in_the_text_as_short_as_they_read_back(void **state)
{
    static const struct { const char *given, *kept; } known[] = {
        { "0.1", "rate=0.1 " }, { "1e-05", "rate=1e-05 " },
        { "0.30000000000000004", "rate=0.30000000000000004 " },
        { "3000", "rate=3000 " }, { "0", "rate=0 " },
    };
    char line[64], text[512];

    (void)state;
    for (int i = 0; i < 5; i++) {
        snprintf(line, sizeof line, "--rate %s", known[i].given);
        assert_int_equal(parse(line), 0);
        opt_text(table, 0, text, sizeof text);
        assert_non_null(strstr(text, known[i].kept));
    }
}

/* What opt_print writes on standard output. */
static void print_into(char *to, size_t size)
{
    FILE *f = tmpfile();
    int keep = dup(STDOUT_FILENO);

    fflush(stdout);
    dup2(fileno(f), STDOUT_FILENO);
    opt_print(table);
    fflush(stdout);
    dup2(keep, STDOUT_FILENO);
    close(keep);
    rewind(f);
    to[fread(to, 1, size - 1, f)] = '\0';
    fclose(f);
}

static void help_shows_live_values_within_80_columns(void **state)
{
    char text[4096];

    (void)state;
    parse("--seed 42");
    print_into(text, sizeof text);
    assert_non_null(strstr(text, "of the streams [42]\n"));
    assert_non_null(strstr(text, "architecture {gru, lstm} [gru]\n"));
    assert_non_null(strstr(text, " gru: one gate less\n"));
    assert_non_null(strstr(text, " lstm: one gate more\n"));
    assert_non_null(strstr(text, "-o, --out FILE"));
    assert_non_null(strstr(text, "sequences (required)\n"));
    assert_non_null(strstr(text, "a system; repeatable\n"));
    assert_non_null(strstr(text, "--system [KEY=]FILE[,FILE]"));
    assert_non_null(strstr(text, "--table [KEY=]FILE "));
    assert_non_null(strstr(text, "--plain FILE "));
    assert_non_null(strstr(text, "new sequences\n"));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        assert_in_range(strlen(line), 1, 80);
}

static int enter(void **state)
{
    if (scratch_make(state) || !getcwd(cwd, sizeof cwd) || chdir(scratch) ||
        mkdir("sub", 0777))
        return -1;
    close(open("a.h5", O_CREAT | O_WRONLY, 0666));
    close(open("b.h5", O_CREAT | O_WRONLY, 0666));
    close(open("sub/c.h5", O_CREAT | O_WRONLY, 0666));
    return 0;
}

static int leave(void **state)
{
    return chdir(cwd) ? -1 : scratch_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_reach_their_variables),
        cmocka_unit_test(what_is_not_given_keeps_its_default),
        cmocka_unit_test(the_last_of_two_values_holds_but_of_files),
        cmocka_unit_test(whole_numbers_are_read_strictly),
        cmocka_unit_test(sizes_are_read_strictly),
        cmocka_unit_test(numbers_are_read_strictly),
        cmocka_unit_test(choices_are_named_where_none_is_met),
        cmocka_unit_test(a_word_that_is_no_option_is_refused_by_name),
        cmocka_unit_test(a_value_must_come_and_a_flag_has_none),
        cmocka_unit_test(required_options_are_missed),
        cmocka_unit_test(inputs_must_be_files_that_can_be_read),
        cmocka_unit_test(usage_comes_before_inputs),
        cmocka_unit_test(too_many_items_are_refused),
        cmocka_unit_test(every_input_is_visited_until_one_says_stop),
        cmocka_unit_test(only_numbers_are_keys),
        cmocka_unit_test(plain_files_need_no_option_where_a_row_takes_them),
        cmocka_unit_test(the_text_holds_what_makes_the_result),
        cmocka_unit_test(
            what_has_no_effect_is_refused_where_typed_and_not_stored),
        cmocka_unit_test(the_text_tells_its_length_where_it_does_not_fit),
        cmocka_unit_test(values_with_blanks_cannot_pass_for_other_options),
        cmocka_unit_test(a_line_is_read_back_as_it_was_given),
        cmocka_unit_test(an_option_is_found_by_its_whole_name),
        cmocka_unit_test(numbers_stand_in_the_text_as_short_as_they_read_back),
        cmocka_unit_test(help_shows_live_values_within_80_columns),
    };

    return cmocka_run_group_tests(tests, enter, leave);
}
