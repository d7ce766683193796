/* test_task.c - the tasks against the paper's examples, hand-worked
 * continuations, and laws that every task in the menu must keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/rng.h"
#include "../lib/task.h"
#include "spell.h"

static const struct task *multi, *same, *arith;
static const struct task_rule twenty = { .max_quantity = 20 };
static const struct task_rule ten = { .max_quantity = 10 };

static int find_tasks(void **state)
{
    (void)state;
    multi = task_find("multi-object");
    same = task_find("same-object");
    arith = task_find("arithmetic");
    return multi && same && arith ? 0 : -1;
}

/* A task's own rule. */
static struct task_rule rule_of(const struct task *task)
{
    return (struct task_rule){ .max_quantity = task->max_quantity };
}

/* Read a text from the start; the variables after its last token. */
static void read_text(const struct task *task, const struct task_rule *rule,
                      const char *text, int *vars)
{
    uint8_t tokens[SPELL_MAX];
    int n = spell(task, text, tokens);

    task->start(rule, 1, vars);
    for (int t = 0; t < n; t++)
        if (task->read(rule, vars, tokens[t]))
            fail_msg("%s: token %d is refused", text, t);
}

static int after(const struct task *task, const struct task_rule *rule,
                 const char *text, const char *name)
{
    int vars[TASK_VARS];

    read_text(task, rule, text, vars);
    return vars[task_variable(task, name)];
}

/* A variable after each token, as digits joined by blanks. */
static void expect_values(const struct task *task,
                          const struct task_rule *rule, const char *text,
                          const char *name, const char *values)
{
    uint8_t tokens[SPELL_MAX];
    char seen[512];
    int n = spell(task, text, tokens), vars[TASK_VARS];
    size_t used = 0;

    task->start(rule, 1, vars);
    for (int t = 0; t < n; t++) {
        assert_int_equal(task->read(rule, vars, tokens[t]), 0);
        used += (size_t)snprintf(seen + used, sizeof seen - used, "%s%d",
                                 t ? " " : "",
                                 vars[task_variable(task, name)]);
    }
    assert_string_equal(seen, values);
}

/* Which tokens the program determines, as a row of 0 and 1. */
static void expect_determined(const struct task *task,
                              const struct task_rule *rule, const char *text,
                              const char *flags)
{
    struct rng r = rng_at(1, RNG_DATA, 0, 0);
    uint8_t tokens[SPELL_MAX];
    char seen[SPELL_MAX + 1] = "";
    int n = spell(task, text, tokens), vars[TASK_VARS];

    task->start(rule, 1, vars);
    for (int t = 0; t < n; t++) {
        bool determined;
        int token = task->emit(rule, vars, &r, &determined);
        seen[t] = determined ? '1' : '0';
        if (determined)
            assert_int_equal(token, tokens[t]);
        assert_int_equal(task->read(rule, vars, tokens[t]), 0);
    }
    assert_string_equal(seen, flags);
}

static bool refused(const struct task *task, const struct task_rule *rule,
                    const char *text, const char *token)
{
    int vars[TASK_VARS], before[TASK_VARS];
    bool no;

    read_text(task, rule, text, vars);
    memcpy(before, vars, sizeof vars);
    no = task->read(rule, vars, task_token(task, token)) != 0;
    if (no)
        assert_memory_equal(before, vars, sizeof vars);
    return no;
}

/* ---- the paper's examples ---- */

static void the_papers_multi_object_example_has_its_variables(void **state)
{
    const char *text = "B Dc Da T R R E";
    (void)state;
    expect_determined(multi, &twenty, text, "0000111");
    expect_values(multi, &twenty, text, "phase", "0 0 0 1 1 1 1");
    expect_values(multi, &twenty, text, "count", "0 1 2 2 1 0 0");
    expect_values(multi, &twenty, text, "last_value", "0 1 1 0 -1 -1 0");
}

static void the_papers_same_object_example_has_its_variables(void **state)
{
    const char *text = "B C C T C C E";
    (void)state;
    expect_determined(same, &twenty, text, "0000111");
    expect_values(same, &twenty, text, "phase", "0 0 0 1 1 1 1");
    expect_values(same, &twenty, text, "count", "0 1 2 2 1 0 0");
    expect_values(same, &twenty, text, "last_value", "0 1 1 0 -1 -1 0");
}

static void the_papers_two_examples_of_count_both_have_two(void **state)
{
    (void)state;
    assert_int_equal(after(multi, &twenty, "B Da Db", "count"), 2);
    assert_int_equal(after(multi, &twenty, "B Da Db Dc T R", "count"), 2);
}

static void the_papers_void_example_counts_two(void **state)
{
    struct task_rule voids = { .max_quantity = 20, .void_prob = 0.2 };
    const char *text = "B V Da V V Db T R R E";
    (void)state;
    expect_determined(multi, &voids, text, "0000000111");
    expect_values(multi, &voids, text, "count", "0 0 1 1 1 2 2 1 0 0");
    expect_values(multi, &voids, text, "last_value", "0 0 1 0 0 1 0 -1 -1 0");
}

static void the_papers_arithmetic_example_has_its_variables(void **state)
{
    const char *text = "B 3 Op 4 + 3 = 7 , + 11 = 18 , - 5 = 13 E";
    (void)state;
    expect_determined(arith, &ten, text, "0010001110011100111");
    expect_values(arith, &ten, text, "cumu_val",
                  "0 0 0 4 4 4 7 7 7 7 7 18 18 18 18 18 13 13 13");
    expect_values(arith, &ten, text, "rem_ops",
                  "0 3 3 3 3 3 3 3 2 2 2 2 2 1 1 1 1 1 1");
    expect_values(arith, &ten, text, "op",
                  "0 0 0 0 1 1 0 0 0 1 1 0 0 0 2 2 0 0 0");
    expect_values(arith, &ten, text, "operand",
                  "0 0 0 0 0 3 0 0 0 0 11 0 0 0 0 5 0 0 0");
    expect_values(arith, &ten, text, "slot",
                  "1 2 3 4 5 6 7 8 4 5 6 7 8 4 5 6 7 8 9");
}

/* ---- continuations after an exchange ---- */

/* Overwrite one variable after `text` and write on. */
static int go_on(const struct task *task, const struct task_rule *rule,
                 const char *text, const char *name, int value,
                 uint32_t draw, uint8_t *tokens)
{
    struct rng r = rng_at(5, RNG_PAIRS, 0, draw);
    int vars[TASK_VARS];

    read_text(task, rule, text, vars);
    vars[task_variable(task, name)] = value;
    if (task->resume(rule, vars, &r))
        return -1;
    return task_write(task, rule, vars, &r, SPELL_MAX, tokens, NULL);
}

static void expect_text(const struct task *task, const struct task_rule *rule,
                        const char *text, const char *name, int value,
                        const char *rest)
{
    uint8_t tokens[SPELL_MAX];
    int n = go_on(task, rule, text, name, value, 0, tokens);

    assert_true(n > 0);
    assert_string_equal(spelt(task, tokens, n), rest);
}

static void a_response_goes_on_for_the_count_it_was_given(void **state)
{
    (void)state;
    expect_text(multi, &twenty, "B Da Da T R", "count", 3, "R R R E");
    expect_text(multi, &twenty, "B Da Da T R", "count", 0, "E");
    expect_text(same, &twenty, "B C C C T C", "count", 4, "C C C C E");
}

static void the_papers_cumu_val_example_holds(void **state)
{
    (void)state;
    expect_text(arith, &ten, "B 1 Op 3 + 5 =", "cumu_val", 3, "3 E");
}

/* The paper gives 2 and one operation here, against its own definition: what
 * remains at the comma is decremented there, so one operation is 1. */
static void the_papers_rem_ops_example_holds_as_corrected(void **state)
{
    (void)state;
    for (uint32_t draw = 0; draw < 200; draw++)
        for (int ops = 1; ops <= 9; ops++) {
            uint8_t tokens[SPELL_MAX];
            int vars[TASK_VARS], commas = 0;
            int n = go_on(arith, &ten, "B 3 Op 3 + 5 = 8 ,", "rem_ops", ops,
                          draw, tokens);
            assert_int_equal(n, 5 * ops);
            for (int t = 0; t < n; t++)
                commas += tokens[t] == task_token(arith, ",");
            assert_int_equal(commas, ops - 1);
            read_text(arith, &ten, "B 10 Op 3 + 5 = 8 ,", vars);
            for (int t = 0; t < n - 1; t++)
                assert_int_equal(arith->read(&ten, vars, tokens[t]), 0);
        }
}

/* Give the last token of `text` another effect; how the variables go on, or
 * "" where they cannot. */
static const char *with_effect(const char *text, int effect, int max_quantity)
{
    struct task_rule rule = { .max_quantity = max_quantity };
    struct rng r = rng_at(5, RNG_PAIRS, 0, 0);
    uint8_t tokens[SPELL_MAX];
    int vars[TASK_VARS];

    read_text(multi, &rule, text, vars);
    if (!task_exchange(multi, &rule, task_variable(multi, "last_value"),
                       effect, vars))
        return "";
    assert_int_equal(vars[task_variable(multi, "last_value")], effect);
    assert_int_equal(multi->resume(&rule, vars, &r), 0);
    return spelt(multi, tokens, task_write(multi, &rule, vars, &r, SPELL_MAX,
                                           tokens, NULL));
}

static int count_after_effect(const char *text, int effect)
{
    int vars[TASK_VARS];

    read_text(multi, &twenty, text, vars);
    assert_true(task_exchange(multi, &twenty,
                              task_variable(multi, "last_value"), effect,
                              vars));
    return vars[task_variable(multi, "count")];
}

static void the_papers_last_value_examples_hold(void **state)
{
    (void)state;
    assert_int_equal(count_after_effect("B Da Db Dc", -1), 1);
    assert_string_equal(with_effect("B Da Da T R", 1, 20), "R R R E");
}

static void an_effect_moves_the_count_by_the_difference(void **state)
{
    (void)state;
    assert_int_equal(count_after_effect("B Da Db Dc", 0), 2);
    assert_int_equal(count_after_effect("B Da Db Dc", 1), 3);
    assert_string_equal(with_effect("B Da Da Db T R", -1, 20), "R R E");
    assert_string_equal(with_effect("B Da Da Db T R", 0, 20), "R R R E");
    assert_string_equal(with_effect("B Da T R", 1, 20), "R R E");
}

static void an_effect_that_leaves_the_counts_range_is_refused(void **state)
{
    (void)state;
    assert_string_equal(with_effect("B Da", 0, 20), "");
    assert_string_equal(with_effect("B Da", -1, 20), "");
    assert_string_equal(with_effect("B Da Da", -1, 20), "");
    assert_string_not_equal(with_effect("B Da Da", 0, 20), "");
    assert_string_equal(with_effect("B Da Da T R", 1, 2), "");
    assert_string_equal(with_effect("B Da Da T R", 0, 2), "R R E");
    assert_string_equal(with_effect("B Da Da T R", 2, 20), "");
    assert_string_equal(with_effect("B Da Da T R", -2, 20), "");
}

static void values_are_overwritten_within_their_range(void **state)
{
    int vars[TASK_VARS], rem = task_variable(arith, "rem_ops");
    (void)state;
    read_text(arith, &ten, "B 3 Op 3 + 5 = 8 ,", vars);
    assert_true(task_exchange(arith, &ten, rem, 9, vars));
    assert_int_equal(vars[rem], 9);
    assert_int_equal(vars[task_variable(arith, "cumu_val")], 8);
    assert_false(task_exchange(arith, &ten, rem, 10, vars));
    assert_false(task_exchange(arith, &ten, rem, 0, vars));
}

static void a_demo_phase_goes_on_for_0_to_3_tokens_evenly(void **state)
{
    static const struct { int count, lo, hi; } row[] = {
        { 0, 1, 3 }, { 1, 0, 3 }, { 7, 0, 3 }, { 17, 0, 3 },
        { 18, 0, 2 }, { 19, 0, 1 }, { 20, 0, 0 }
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double seen[4] = { 0 };
        for (uint32_t draw = 0; draw < 4000; draw++) {
            uint8_t tokens[SPELL_MAX];
            int k = 0, n = go_on(multi, &twenty, "B Da Da Db", "count",
                                 row[i].count, draw, tokens);
            while (tokens[k] != task_token(multi, "T"))
                k++;
            assert_in_range(k, row[i].lo, row[i].hi);
            assert_int_equal(n, k + 1 + row[i].count + k + 1);
            seen[k]++;
        }
        if (row[i].hi > row[i].lo)
            uniform(seen + row[i].lo, row[i].hi - row[i].lo + 1);
    }
}

static void a_state_that_awaits_its_quantity_is_given_one(void **state)
{
    double seen[10] = { 0 };
    (void)state;
    for (uint32_t draw = 0; draw < 4000; draw++) {
        uint8_t tokens[SPELL_MAX];
        int quantity, n = go_on(arith, &ten, "B", "cumu_val", 0, draw, tokens);
        quantity = tokens[0] - task_token(arith, "0");
        assert_int_equal(n, 3 + 5 * quantity);
        seen[quantity - 1]++;
    }
    uniform(seen, 10);
}

static void resume_refuses_what_no_sequence_reaches(void **state)
{
    uint8_t tokens[SPELL_MAX];
    const char *demo = "B Da", *response = "B Da T", *equals = "B 1 Op 3 + 5 =";
    (void)state;
    assert_int_equal(go_on(multi, &twenty, demo, "count", 21, 0, tokens), -1);
    assert_int_equal(go_on(multi, &twenty, demo, "count", -1, 0, tokens), -1);
    assert_int_equal(go_on(multi, &twenty, response, "count", 21, 0, tokens),
                     -1);
    assert_int_equal(go_on(arith, &ten, equals, "cumu_val", 21, 0, tokens), -1);
    assert_int_equal(go_on(arith, &ten, equals, "cumu_val", -1, 0, tokens), -1);
    assert_int_equal(go_on(arith, &ten, equals, "rem_ops", 0, 0, tokens), -1);
    assert_int_equal(go_on(arith, &ten, equals, "rem_ops", 11, 0, tokens), -1);
    assert_int_equal(go_on(arith, &ten, equals, "slot", 9, 0, tokens), -1);
    assert_int_equal(go_on(arith, &ten, equals, "slot", 0, 0, tokens), -1);
    assert_int_equal(go_on(arith, &ten, equals, "slot", 5, 0, tokens), -1);
}

/* ---- what is read, said and refused ---- */

static void counting_refuses_tokens_out_of_place(void **state)
{
    struct task_rule two = { .max_quantity = 2 };
    (void)state;
    assert_true(refused(multi, &twenty, "", "Da"));
    assert_true(refused(multi, &twenty, "B", "B"));
    assert_true(refused(multi, &twenty, "B", "T"));
    assert_true(refused(multi, &twenty, "B", "E"));
    assert_true(refused(multi, &twenty, "B", "PAD"));
    assert_true(refused(multi, &twenty, "B Da", "R"));
    assert_true(refused(multi, &twenty, "B Da T", "V"));
    assert_true(refused(multi, &twenty, "B Da T", "Da"));
    assert_true(refused(multi, &twenty, "B Da T", "E"));
    assert_true(refused(multi, &twenty, "B Da T R", "R"));
    assert_true(refused(multi, &twenty, "B Da T R E", "E"));
    assert_true(refused(multi, &two, "B Da Da", "Db"));
    assert_true(refused(same, &twenty, "B C", "PAD"));
    assert_true(refused(same, &twenty, "B C T", "T"));
    assert_true(refused(same, &twenty, "B C T C", "C"));
    assert_false(refused(multi, &twenty, "B", "V"));
    assert_false(refused(multi, &twenty, "B Da T R", "E"));
}

static void arithmetic_refuses_tokens_out_of_place(void **state)
{
    (void)state;
    assert_true(refused(arith, &ten, "", "3"));
    assert_true(refused(arith, &ten, "B", "0"));
    assert_true(refused(arith, &ten, "B", "11"));
    assert_true(refused(arith, &ten, "B 3", "4"));
    assert_true(refused(arith, &ten, "B 3 Op", "0"));
    assert_true(refused(arith, &ten, "B 3 Op", "+"));
    assert_true(refused(arith, &ten, "B 3 Op 20", "+"));
    assert_true(refused(arith, &ten, "B 3 Op 4 - 4 = 0 ,", "-"));
    assert_true(refused(arith, &ten, "B 3 Op 4 +", "17"));
    assert_true(refused(arith, &ten, "B 3 Op 4 -", "5"));
    assert_true(refused(arith, &ten, "B 3 Op 4 -", "-"));
    assert_true(refused(arith, &ten, "B 3 Op 4 + 3", "7"));
    assert_true(refused(arith, &ten, "B 3 Op 4 + 3 =", "8"));
    assert_true(refused(arith, &ten, "B 3 Op 4 + 3 = 7", "E"));
    assert_true(refused(arith, &ten, "B 1 Op 4 + 3 = 7", ","));
    assert_true(refused(arith, &ten, "B 1 Op 4 + 3 = 7 E", "E"));
    assert_false(refused(arith, &ten, "B 3 Op 4 +", "16"));
    assert_false(refused(arith, &ten, "B 3 Op 4 -", "4"));
    assert_false(refused(arith, &ten, "B 3 Op 4 -", "0"));
}

static bool says(const struct task *task, const struct task_rule *rule,
                 const char *text, const char *rest, const char *marks)
{
    uint8_t tokens[SPELL_MAX];
    int8_t marked[SPELL_MAX];
    int vars[TASK_VARS], n = spell(task, rest, tokens);

    for (int t = 0; t < n; t++)
        marked[t] = marks[t] == '1';
    read_text(task, rule, text, vars);
    return task_says(task, rule, vars, n, tokens, marked);
}

static void a_task_says_marked_tokens_that_follow_and_no_others(void **state)
{
    (void)state;
    assert_true(says(multi, &twenty, "B Da Da T R", "R E", "11"));
    assert_false(says(multi, &twenty, "B Da Da T R", "R R E", "111"));
    assert_false(says(multi, &twenty, "B Da Da T R", "E", "1"));
    assert_true(says(multi, &twenty, "B Da", "Dc T R R E", "00111"));
    assert_false(says(multi, &twenty, "B Da", "Dc T R R E", "01111"));
    assert_false(says(multi, &twenty, "B Da", "Dc T R E", "0011"));
    assert_true(says(arith, &ten, "B 2 Op 3 + 5 = 8 ,", "+ 1 = 9 E", "00111"));
    assert_false(says(arith, &ten, "B 3 Op 3 + 5 = 8 ,", "+ 1 = 9 E",
                      "00111"));
    assert_false(says(arith, &ten, "B 2 Op 3 + 5 = 8 ,", "+ 13 = 9 E",
                      "00111"));
    assert_false(says(arith, &ten, "B 1 Op 3 + 5 =", "3 E", "11"));
}

static void swaps_may_happen_anywhere_but_at_pad_b_t_e(void **state)
{
    (void)state;
    for (const struct task *const *t = task_menu; *t; t++)
        for (int v = 0; v < (*t)->V; v++) {
            const char *name = (*t)->vocabulary[v];
            bool barred = strcmp(name, "PAD") == 0 || strcmp(name, "B") == 0 ||
                          strcmp(name, "T") == 0 || strcmp(name, "E") == 0;
            assert_int_equal(task_eligible(*t, v), !barred);
        }
}

static void a_task_of_ones_own_has_names_and_no_program(void **state)
{
    static const char *const tokens[] = { "PAD", "go", "B", "T", "E" };
    static const char *const other[] = { "PAD", "go", "B", "T", "F" };
    static const char *const names[] = { "mood", "count" };
    struct arena *a = arena_open();
    const struct task *t = task_own("mine", tokens, 5, names, 2, a);

    (void)state;
    assert_false(task_runs(t));
    assert_int_equal(task_variables(t), 2);
    assert_int_equal(task_variable(t, "count"), 1);
    assert_int_equal(task_token(t, "E"), 4);
    for (int v = 0; v < 5; v++)
        assert_int_equal(task_eligible(t, v), v == 1);
    assert_true(task_same(t, task_own("mine", tokens, 5, NULL, 0, a)));
    assert_false(task_same(t, task_own("mine", other, 5, names, 2, a)));
    assert_false(task_same(t, task_own("mine", tokens, 4, names, 2, a)));
    assert_false(task_same(t, task_own("yours", tokens, 5, names, 2, a)));
    assert_true(task_runs(multi) && task_same(multi, multi));
    arena_close(a);
}

/* ---- chances ---- */

static int write_one(const struct task *task, const struct task_rule *rule,
                     int quantity, uint32_t draw, uint8_t *tokens,
                     int8_t *determined)
{
    struct rng r = rng_at(11, RNG_DATA, 0, draw);
    int vars[TASK_VARS];

    task->start(rule, quantity, vars);
    return task_write(task, rule, vars, &r, SPELL_MAX, tokens, determined);
}

static void the_three_demo_tokens_are_equally_likely(void **state)
{
    double seen[3] = { 0 };
    (void)state;
    for (uint32_t draw = 0; draw < 500; draw++) {
        uint8_t tokens[SPELL_MAX];
        write_one(multi, &twenty, 20, draw, tokens, NULL);
        for (int t = 1; t <= 20; t++)
            seen[tokens[t] - task_token(multi, "Da")]++;
    }
    uniform(seen, 3);
}

static void a_void_takes_any_place_of_the_demo_phase_with_its_chance(
    void **state)
{
    struct task_rule voids = { .max_quantity = 20, .void_prob = 0.2 };
    double seen[3][2] = { { 0 } };       /* first place, inner, before T */
    (void)state;
    for (uint32_t draw = 0; draw < 4000; draw++) {
        uint8_t tokens[SPELL_MAX];
        int count = 0;
        assert_true(write_one(multi, &voids, 5, draw, tokens, NULL) > 0);
        for (int t = 1; tokens[t - 1] != task_token(multi, "T"); t++) {
            bool blank = tokens[t] == task_token(multi, "V");
            seen[count == 0 ? 0 : count < 5 ? 1 : 2][blank]++;
            count += !blank;
        }
    }
    for (int i = 0; i < 3; i++) {
        double total = seen[i][0] + seen[i][1];
        agree(seen[i], (double[]){ 0.8 * total, 0.2 * total }, 2);
    }
}

static void arithmetic_draws_first_value_sign_and_operand_evenly(void **state)
{
    double first[20] = { 0 }, sign[2] = { 0 }, up[14] = { 0 }, down[8] = { 0 };
    int zero = task_token(arith, "0"), plus = task_token(arith, "+");
    (void)state;
    for (uint32_t draw = 0; draw < 60000; draw++) {
        uint8_t x[SPELL_MAX];
        int value;
        write_one(arith, &ten, 1, draw, x, NULL);
        value = x[3] - zero;
        first[value - 1]++;
        if (value == 7) {
            sign[x[4] != plus]++;
            (x[4] == plus ? up : down)[x[5] - zero]++;
        }
        if (value == 20)
            assert_int_not_equal(x[4], plus);
    }
    uniform(first, 20);
    uniform(sign, 2);
    uniform(up, 14);
    uniform(down, 8);
}

static void at_the_ends_of_its_range_the_sign_is_forced_but_not_marked(
    void **state)
{
    (void)state;
    for (uint32_t draw = 0; draw < 100; draw++) {
        static const struct { int value; const char *sign; } row[] = {
            { 0, "+" }, { 20, "-" }
        };
        for (int i = 0; i < 2; i++) {
            struct rng r = rng_at(2, RNG_DATA, 0, draw);
            int vars[TASK_VARS];
            bool determined = true;
            read_text(arith, &ten, "B 2 Op 4 + 4 = 8 ,", vars);
            vars[task_variable(arith, "cumu_val")] = row[i].value;
            assert_int_equal(arith->emit(&ten, vars, &r, &determined),
                             task_token(arith, row[i].sign));
            assert_false(determined);
        }
    }
}

static void quantities_are_uniform_on_those_not_held_out(void **state)
{
    struct task_rule rule = { .max_quantity = 20 };
    double seen[21] = { 0 }, kept[17];
    int n = 0;
    (void)state;
    assert_int_equal(task_hold_out("1,7,8,20", &rule.held_out), 0);
    for (uint32_t draw = 0; draw < 20000; draw++) {
        struct rng r = rng_at(3, RNG_DATA, 0, draw);
        seen[task_quantity(&rule, &r)]++;
    }
    assert_true(seen[0] + seen[1] + seen[7] + seen[8] + seen[20] == 0);
    for (int q = 1; q <= 20; q++)
        if (task_allows(&rule, q))
            kept[n++] = seen[q];
    assert_int_equal(n, 16);
    uniform(kept, n);
}

/* ---- laws for every task ---- */

static void every_task_reads_and_says_its_own_sequences(void **state)
{
    (void)state;
    for (const struct task *const *at = task_menu; *at; at++) {
        const struct task *task = *at;
        struct task_rule rule = rule_of(task);
        for (int q = 1; q <= rule.max_quantity; q++)
            for (uint32_t draw = 0; draw < 50; draw++) {
                uint8_t tokens[SPELL_MAX];
                int8_t marked[SPELL_MAX];
                int vars[TASK_VARS], n;
                n = write_one(task, &rule, q, draw, tokens, marked);
                assert_in_range(n, 2, task->longest(&rule));
                assert_int_equal(tokens[0], TOKEN_B);
                assert_int_equal(tokens[n - 1], TOKEN_E);
                assert_false(marked[0]);
                assert_true(marked[n - 1]);
                task->start(&rule, q, vars);
                for (int t = 0; t < n; t++) {
                    assert_true(task_says(task, &rule, vars, n - t, tokens + t,
                                          marked + t));
                    assert_int_equal(task->read(&rule, vars, tokens[t]), 0);
                }
            }
    }
}

static void no_task_says_a_sequence_with_a_marked_token_changed(void **state)
{
    (void)state;
    for (const struct task *const *at = task_menu; *at; at++) {
        const struct task *task = *at;
        struct task_rule rule = rule_of(task);
        uint8_t tokens[SPELL_MAX];
        int8_t marked[SPELL_MAX];
        int vars[TASK_VARS];
        int n = write_one(task, &rule, 3, 0, tokens, marked);
        task->start(&rule, 3, vars);
        for (int t = 0; t < n; t++)
            for (int v = 0; marked[t] && v < task->V; v++) {
                uint8_t own = tokens[t];
                tokens[t] = (uint8_t)v;
                assert_int_equal(task_says(task, &rule, vars, n, tokens,
                                           marked), v == own);
                tokens[t] = own;
            }
    }
}

/* What a state cannot tell is not exchanged by full: any state that shares
 * the state variables says the same marked tokens. */
static void state_variables_are_all_that_a_task_goes_on_from(void **state)
{
    (void)state;
    for (const struct task *const *at = task_menu; *at; at++) {
        const struct task *task = *at;
        struct task_rule rule = rule_of(task);
        for (uint32_t draw = 0; draw < 100; draw++) {
            uint8_t tokens[SPELL_MAX];
            int8_t marked[SPELL_MAX];
            int vars[TASK_VARS], bare[TASK_VARS];
            int n = write_one(task, &rule, 1 + (int)draw % rule.max_quantity,
                              draw, tokens, marked);
            task->start(&rule, 1, vars);
            for (int t = 0; t < n - 1; t++) {
                task->read(&rule, vars, tokens[t]);
                for (int k = 0; k < TASK_VARS; k++)
                    bare[k] = k < task_variables(task) &&
                              task->variables[k].flags & VAR_STATE
                            ? vars[k] : 0;
                assert_true(task_says(task, &rule, bare, n - t - 1,
                                      tokens + t + 1, marked + t + 1));
            }
        }
    }
}

static void every_longest_sequence_is_as_long_as_promised(void **state)
{
    (void)state;
    for (const struct task *const *at = task_menu; *at; at++)
        for (int q = 1; q <= (*at)->max_quantity; q++) {
            struct task_rule rule = { .max_quantity = q };
            uint8_t tokens[SPELL_MAX];
            assert_int_equal(write_one(*at, &rule, q, 0, tokens, NULL),
                             (*at)->longest(&rule));
        }
}

static void every_exchange_range_and_place_is_of_the_tasks_own(void **state)
{
    (void)state;
    for (const struct task *const *at = task_menu; *at; at++) {
        int exchanged = 0;
        assert_true(task_variables(*at) <= TASK_VARS);
        for (const struct variable *v = (*at)->variables; v->name; v++) {
            int lo, hi;
            if (v->at)
                assert_true(task_token(*at, v->at) >= 0);
            if (!v->range)
                continue;
            if (v->adds_to) {
                int to = task_variable(*at, v->adds_to);
                assert_true(to >= 0);
                assert_true((*at)->variables[to].flags & VAR_STATE);
            } else {
                assert_true(v->flags & VAR_STATE);
            }
            v->range((*at)->max_quantity, &lo, &hi);
            assert_true(lo <= hi);
            exchanged++;
        }
        assert_true(exchanged > 0);
    }
}

static void the_ranges_are_those_of_the_method(void **state)
{
    int lo, hi;
    (void)state;
    multi->variables[task_variable(multi, "count")].range(20, &lo, &hi);
    assert_true(lo == 0 && hi == 20);
    multi->variables[task_variable(multi, "last_value")].range(20, &lo, &hi);
    assert_true(lo == -1 && hi == 1);
    arith->variables[task_variable(arith, "rem_ops")].range(10, &lo, &hi);
    assert_true(lo == 1 && hi == 9);
    arith->variables[task_variable(arith, "cumu_val")].range(3, &lo, &hi);
    assert_true(lo == 0 && hi == 20);
}

static void too_short_a_buffer_is_told(void **state)
{
    struct rng r = rng_at(1, RNG_DATA, 0, 0);
    uint8_t tokens[SPELL_MAX];
    int vars[TASK_VARS];
    (void)state;
    multi->start(&twenty, 3, vars);
    assert_int_equal(task_write(multi, &twenty, vars, &r, 8, tokens, NULL), -1);
    multi->start(&twenty, 3, vars);
    assert_int_equal(task_write(multi, &twenty, vars, &r, 9, tokens, NULL), 9);
}

/* ---- names and rules that users give ---- */

static void an_unknown_task_is_refused_with_the_known_names(void **state)
{
    (void)state;
    assert_null(task_find("sums"));
    assert_int_equal(err_code(), EX_USAGE);
    assert_string_equal(err_text(), "task 'sums' is not one of multi-object, "
                        "same-object, arithmetic");
}

static void a_list_to_hold_out_is_read_or_refused(void **state)
{
    static const char *const bad[] = { "0", "64", "3,", ",3", "3;4", "x", "-1",
                                       "3 4", NULL };
    uint64_t bits;
    (void)state;
    assert_int_equal(task_hold_out("", &bits), 0);
    assert_true(bits == 0);
    assert_int_equal(task_hold_out("3,7,63", &bits), 0);
    assert_true(bits == (UINT64_C(1) << 3 | UINT64_C(1) << 7 |
                         UINT64_C(1) << 63));
    for (const char *const *text = bad; *text; text++) {
        assert_int_equal(task_hold_out(*text, &bits), -1);
        assert_int_equal(err_code(), EX_USAGE);
    }
}

static void a_rule_that_no_task_can_follow_is_refused(void **state)
{
    struct task_rule voids = { .max_quantity = 3, .void_prob = 0.2 };
    struct task_rule none = { .max_quantity = 2, .held_out = 6 };
    struct task_rule far = { .max_quantity = 11 }, nought = { 0 };
    struct task_rule sure = { .max_quantity = 3, .void_prob = 1 };
    (void)state;
    assert_int_equal(task_check_rule(arith, &ten), 0);
    assert_int_equal(task_check_rule(multi, &voids), 0);
    assert_int_equal(task_check_rule(same, &voids), -1);
    assert_non_null(strstr(err_text(), "same-object has no void token V"));
    assert_int_equal(task_check_rule(multi, &none), -1);
    assert_non_null(strstr(err_text(), "every quantity of 1..2 is held out"));
    assert_int_equal(task_check_rule(arith, &far), -1);
    assert_non_null(strstr(err_text(),
                           "the largest quantity is 1..10, not 11"));
    assert_int_equal(task_check_rule(multi, &nought), -1);
    assert_int_equal(task_check_rule(multi, &sure), -1);
    assert_int_equal(err_code(), EX_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_papers_multi_object_example_has_its_variables),
        cmocka_unit_test(the_papers_same_object_example_has_its_variables),
        cmocka_unit_test(the_papers_two_examples_of_count_both_have_two),
        cmocka_unit_test(the_papers_void_example_counts_two),
        cmocka_unit_test(the_papers_arithmetic_example_has_its_variables),
        cmocka_unit_test(a_response_goes_on_for_the_count_it_was_given),
        cmocka_unit_test(the_papers_cumu_val_example_holds),
        cmocka_unit_test(the_papers_rem_ops_example_holds_as_corrected),
        cmocka_unit_test(the_papers_last_value_examples_hold),
        cmocka_unit_test(an_effect_moves_the_count_by_the_difference),
        cmocka_unit_test(an_effect_that_leaves_the_counts_range_is_refused),
        cmocka_unit_test(values_are_overwritten_within_their_range),
        cmocka_unit_test(a_demo_phase_goes_on_for_0_to_3_tokens_evenly),
        cmocka_unit_test(a_state_that_awaits_its_quantity_is_given_one),
        cmocka_unit_test(resume_refuses_what_no_sequence_reaches),
        cmocka_unit_test(counting_refuses_tokens_out_of_place),
        cmocka_unit_test(arithmetic_refuses_tokens_out_of_place),
        cmocka_unit_test(a_task_says_marked_tokens_that_follow_and_no_others),
        cmocka_unit_test(swaps_may_happen_anywhere_but_at_pad_b_t_e),
        cmocka_unit_test(a_task_of_ones_own_has_names_and_no_program),
        cmocka_unit_test(the_three_demo_tokens_are_equally_likely),
        cmocka_unit_test(
            a_void_takes_any_place_of_the_demo_phase_with_its_chance),
        cmocka_unit_test(arithmetic_draws_first_value_sign_and_operand_evenly),
        cmocka_unit_test(
            at_the_ends_of_its_range_the_sign_is_forced_but_not_marked),
        cmocka_unit_test(quantities_are_uniform_on_those_not_held_out),
        cmocka_unit_test(every_task_reads_and_says_its_own_sequences),
        cmocka_unit_test(no_task_says_a_sequence_with_a_marked_token_changed),
        cmocka_unit_test(state_variables_are_all_that_a_task_goes_on_from),
        cmocka_unit_test(every_longest_sequence_is_as_long_as_promised),
        cmocka_unit_test(every_exchange_range_and_place_is_of_the_tasks_own),
        cmocka_unit_test(the_ranges_are_those_of_the_method),
        cmocka_unit_test(too_short_a_buffer_is_told),
        cmocka_unit_test(an_unknown_task_is_refused_with_the_known_names),
        cmocka_unit_test(a_list_to_hold_out_is_read_or_refused),
        cmocka_unit_test(a_rule_that_no_task_can_follow_is_refused),
    };
    return cmocka_run_group_tests(tests, find_tasks, NULL);
}
