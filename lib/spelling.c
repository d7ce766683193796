#include "spelling.h"

#include <stdbool.h>
#include <string.h>

#include "arch.h"
#include "arena.h"
#include "err.h"

/* '^' holds a rule to the beginning of a name, '#' is any number; words of
 * `theirs` stand for each other. */
static const struct rule {
    const char *theirs, *ours;
} rules[] = {
    /* wrappers */
    { "^_orig_mod", "" }, { "^state_dict", "" }, { "^module", "" },
    { "^model", "" }, { "^net ^network ^backbone", "" }, { "^parameters", "" },
    { "^transformer", "" },

    /* embedding */
    { "^embed ^emb ^embeddings ^wte ^tok_emb ^token_emb ^token_embedding "
      "^tok_embeddings ^embed_tokens ^word_embeddings ^embedding.embedding",
      "embedding" },

    /* one recurrent layer, or a cell that is stepped by hand */
    { "^gru ^lstm ^cell ^gru_cell ^lstm_cell ^recurrent", "rnn" },
    { "rnn.weight_ih", "rnn.weight_ih_l0" },
    { "rnn.weight_hh", "rnn.weight_hh_l0" },
    { "rnn.bias_ih", "rnn.bias_ih_l0" }, { "rnn.bias_hh", "rnn.bias_hh_l0" },
    { "^encoder.weight", "embedding.weight" },

    /* blocks */
    { "^encoder", "" }, { "^decoder.layers", "blocks" },
    { "^layers ^layer ^h ^block", "blocks" },
    { "#.ln1 #.ln_1 #.norm_1 #.layernorm1 #.layer_norm1 #.attn_norm "
      "#.attention_norm #.input_layernorm #.ln_attn", "#.norm1" },
    { "#.ln2 #.ln_2 #.norm_2 #.layernorm2 #.layer_norm2 #.mlp_norm #.ff_norm "
      "#.ffn_norm #.post_attention_layernorm #.ln_mlp", "#.norm2" },
    { "#.attention #.self_attn #.self_attention #.mha #.sa", "#.attn" },
    { "attn.q_proj attn.query attn.wq attn.to_q attn.W_q attn.q_lin",
      "attn.q" },
    { "attn.k_proj attn.key attn.wk attn.to_k attn.W_k attn.k_lin",
      "attn.k" },
    { "attn.v_proj attn.value attn.wv attn.to_v attn.W_v attn.v_lin",
      "attn.v" },
    { "attn.out_proj attn.o_proj attn.proj attn.c_proj attn.o attn.wo "
      "attn.to_out attn.W_o attn.dense attn.out_lin", "attn.out" },
    { "#.mlp #.ffn #.feed_forward #.feedforward #.ffwd", "#.ff" },
    { "#.linear1 #.fc1", "#.ff.0" }, { "#.linear2 #.fc2", "#.ff.2" },
    { "ff.fc1 ff.linear1 ff.c_fc ff.fc_in ff.w1 ff.lin1 ff.net.0", "ff.0" },
    { "ff.fc2 ff.linear2 ff.c_proj ff.fc_out ff.w2 ff.lin2 ff.net.2 ff.3",
      "ff.2" },
    { "^ln_f ^norm_f ^ln_final ^final_norm ^final_layer_norm ^layer_norm ^ln",
      "norm" },

    /* head */
    { "^decoder ^mlp ^out ^output ^readout ^classifier ^lm_head ^ff ^fc",
      "head" },
    { "head.fc1 head.linear1 head.net.0 ^fc1 ^linear1", "head.0" },
    { "head.fc2 head.linear2 head.net.3 head.net.2 head.2 ^fc2 ^linear2",
      "head.3" },
};

/* Does `word` begin with the parts of `pattern`, whose length is n? How many
 * characters, 0: no. *number is where a '#' stood. */
static size_t fits(const char *word, const char *pattern, size_t n,
                   const char **number)
{
    const char *at = word;

    for (size_t i = 0; i < n; i++) {
        if (pattern[i] != '#') {
            if (*at++ != pattern[i])
                return 0;
            continue;
        }
        *number = at;
        at += strspn(at, "0123456789");
        if (at == *number)
            return 0;
    }
    return *at == '.' || *at == '\0' ? (size_t)(at - word) : 0;
}

/* The name with `size` characters at `at` replaced; a part that is left empty
 * goes with its dot. */
static const char *replaced(const char *name, const char *at, size_t size,
                            const char *ours, const char *number,
                            struct arena *a)
{
    const char *rest = at + size, *more = strchr(ours, '#');
    int before = (int)(at - name);

    if (!*ours)
        rest += *rest == '.';
    if (more)
        return arena_text(a, "%.*s%.*s%.*s%s%s", before, name,
                          (int)(more - ours), ours,
                          (int)strspn(number, "0123456789"), number, more + 1,
                          rest);
    return arena_text(a, "%.*s%s%s", before, name, ours, rest);
}

/* The name after one pattern of a rule; itself where it does not fit. */
static const char *apply(const char *name, const char *pattern, size_t n,
                         const char *ours, struct arena *a)
{
    bool first = *pattern == '^';

    for (const char *at = name; at;) {
        const char *number = "";
        size_t size = fits(at, pattern + first, n - first, &number);
        if (size)
            return replaced(name, at, size, ours, number, a);
        at = first ? NULL : strchr(at, '.');
        at += at != NULL;
    }
    return name;
}

static const char *apply_rule(const char *name, const struct rule *r,
                              struct arena *a)
{
    for (const char *p = r->theirs; name && *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        const char *next = apply(name, p, n, r->ours, a);
        if (next != name)
            return next;
        p += n;
    }
    return name;
}

static bool known(const char *name, const struct param *params)
{
    while (params->name && strcmp(params->name, name))
        params++;
    return params->name != NULL;
}

int spelling_check(const char *rule)
{
    const char *equals = strchr(rule, '=');

    return equals && equals > rule && !strchr(equals + 1, '=')
           ? 0 : err_set(EX_USAGE, "--map %s: want THEIRS=OURS, such as "
                         "encoder.gru=rnn", rule);
}

const char *spelling_ours(const char *theirs, const char *const *map, int nmap,
                          const struct param *params, struct arena *a)
{
    const char *name = theirs;

    for (int i = 0; name && i < nmap; i++) {
        const char *equals = strchr(map[i], '=');
        name = apply(name, map[i], (size_t)(equals - map[i]), equals + 1, a);
    }
    for (size_t i = 0; name && !known(name, params) &&
                       i < sizeof rules / sizeof *rules; i++)
        name = apply_rule(name, &rules[i], a);
    return name && known(name, params) ? name : NULL;
}
