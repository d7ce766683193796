/* claims.c - the paper's claims about its figures, with our thresholds
 * (method.md, section 7), and the numbers of its text; see report.h. */
#include "report.h"

#define MULTI "Multi-Object GRU"
#define SAME "Same-Object GRU"
#define ARITHMETIC "Arithmetic GRU"
#define TRANSFORMER "Multi-Object Transformer"
#define MULTI_LSTM "Multi-Object LSTM"
#define SAME_LSTM "Same-Object LSTM"
#define REM_OPS "count ↔ rem_ops"
#define CUMU_VAL "count ↔ cumu_val"

#define BAR(one, two, of, variables, which) \
    { .level = "bar", .type_1 = one, .type_2 = two, .method = of, \
      .bar = variables, .direction = which }
#define MAS(one, two, variables) BAR(one, two, "mas", variables, "cross")
#define MAP(one, two, variables, form) \
    { .level = "bar", .type_1 = one, .type_2 = two, .method = "linear-map", \
      .bar = variables, .direction = "cross", .map = form }
#define RSA(one, two, at) \
    { .level = "average", .type_1 = one, .type_2 = two, .method = "rsa", \
      .site = at }

/* Between the models: what stays within one is no claim about both. */
#define WITHOUT_ACCESS(name, one, two) \
    { name, "S11", "MAS is at least CMAS into model 2", TEST_NOT_LOWER, 0, \
      BAR(one, two, "mas", "full", "1to2"), \
      BAR(NULL, NULL, "cmas", "full", "1to2"), { 0 } }, \
    { name, "S11", "UniMAS is below CMAS into model 2", TEST_LOWER, 0, \
      BAR(one, two, "unimas", "full", "1to2"), \
      BAR(NULL, NULL, "cmas", "full", "1to2"), { 0 } }, \
    { name, "S11", "CMAS recovers much of MAS into model 2", TEST_CLOSES, \
      0.5, BAR(one, two, "cmas", "full", "1to2"), \
      BAR(NULL, NULL, "unimas", "full", "1to2"), \
      BAR(NULL, NULL, "mas", "full", "1to2") }, \
    { name, "S11", "All three are alike into model 1", TEST_ALIKE, 0.05, \
      BAR(one, two, "mas", "full", "2to1"), \
      BAR(NULL, NULL, "unimas", "full", "2to1"), \
      BAR(NULL, NULL, "cmas", "full", "2to1") }

#define POOR(variant, name) \
    { "figure10", "S12", name " is poor where a Same-Object GRU takes part", \
      TEST_LOWER, 0, BAR(SAME, NULL, variant, "count", "cross"), \
      MAS(MULTI, MULTI, "count"), { 0 } }

const struct claim claim_menu[] = {
    { "figure2", "S1", "Full transfers between recurrent models",
      TEST_EACH_AT_LEAST, 0.90, MAS(MULTI, MULTI, "full"), { 0 }, { 0 } },
    { "figure2", "S1", "Full transfers across tasks too",
      TEST_EACH_AT_LEAST, 0.90, MAS(MULTI, SAME, "full"), { 0 }, { 0 } },
    { "figure2", "S1", "Full transfers between recurrent models",
      TEST_EACH_AT_LEAST, 0.90, MAS(SAME, SAME, "full"), { 0 }, { 0 } },
    { "figure8", "S1", "Full transfers between recurrent models",
      TEST_EACH_AT_LEAST, 0.90, MAS(MULTI_LSTM, MULTI_LSTM, "full"),
      { 0 }, { 0 } },
    { "figure8", "S1", "Full transfers across tasks too",
      TEST_EACH_AT_LEAST, 0.90, MAS(MULTI_LSTM, SAME_LSTM, "full"),
      { 0 }, { 0 } },
    { "figure8", "S1", "Full transfers between recurrent models",
      TEST_EACH_AT_LEAST, 0.90, MAS(SAME_LSTM, SAME_LSTM, "full"),
      { 0 }, { 0 } },
    { "figure2", "S2", "Count transfers between Multi-Object GRUs",
      TEST_AT_LEAST, 0.90, MAS(MULTI, MULTI, "count"), { 0 }, { 0 } },
    { "figure2", "S3", "Count does not transfer when a Same-Object GRU takes "
      "part", TEST_LOWER, 0, MAS(SAME, NULL, "count"),
      MAS(MULTI, MULTI, "count"), { 0 } },
    { "figure10", "S3", "Count does not transfer when a Same-Object GRU takes "
      "part", TEST_LOWER, 0, MAS(SAME, NULL, "count"),
      MAS(MULTI, MULTI, "count"), { 0 } },
    { "figure2", "S4", "MAS fails on the transformers' hidden states: Full",
      TEST_AT_MOST, 0.25, MAS(TRANSFORMER, TRANSFORMER, "full"),
      { 0 }, { 0 } },
    { "figure2", "S4", "MAS fails on the transformers' hidden states: Count",
      TEST_AT_MOST, 0.25, MAS(TRANSFORMER, TRANSFORMER, "count"),
      { 0 }, { 0 } },
    { "figure2", "S4", "MAS succeeds on the transformers' embeddings",
      TEST_AT_LEAST, 0.93, MAS(TRANSFORMER, TRANSFORMER, "last_value"),
      { 0 }, { 0 } },
    { "figure2", "S5", "RSA of the transformers' hidden states is high "
      "although MAS is low: Full", TEST_ABOVE_BY, 0.4,
      RSA(TRANSFORMER, TRANSFORMER, "hidden"),
      MAS(TRANSFORMER, TRANSFORMER, "full"), { 0 } },
    { "figure2", "S5", "RSA of the transformers' hidden states is high "
      "although MAS is low: Count", TEST_ABOVE_BY, 0.4,
      RSA(TRANSFORMER, TRANSFORMER, "hidden"),
      MAS(TRANSFORMER, TRANSFORMER, "count"), { 0 } },
    { "figure2", "S6", "RSA of embeddings is highest between Same-Object GRUs",
      TEST_HIGHER, 0, RSA(SAME, SAME, "embedding"),
      RSA(MULTI, MULTI, "embedding"), { 0 } },
    { "figure2", "S6", "Next come Multi-Object GRUs, before all others",
      TEST_HIGHEST_BUT, 0, RSA(MULTI, MULTI, "embedding"),
      RSA(SAME, SAME, "embedding"), { 0 } },
    { "figure3", "S7", "Cumu Val aligns between Arithmetic GRUs",
      TEST_AT_LEAST, 0.90, MAS(ARITHMETIC, ARITHMETIC, "cumu_val"),
      { 0 }, { 0 } },
    { "figure3", "S7", "Rem Ops aligns between Arithmetic GRUs",
      TEST_AT_LEAST, 0.90, MAS(ARITHMETIC, ARITHMETIC, "rem_ops"),
      { 0 }, { 0 } },
    { "figure3", "S8", "Count ↔ Rem Ops aligns, Multi-Object with Arithmetic",
      TEST_AT_LEAST, 0.80, MAS(ARITHMETIC, MULTI, REM_OPS), { 0 }, { 0 } },
    { "figure3", "S9", "Count ↔ Cumu Val aligns less well",
      TEST_LOWER, 0, MAS(ARITHMETIC, MULTI, CUMU_VAL),
      MAS(ARITHMETIC, MULTI, REM_OPS), { 0 } },
    { "figure3", "S9", "Count ↔ Rem Ops is low with Same-Object",
      TEST_LOWER, 0, MAS(ARITHMETIC, SAME, REM_OPS),
      MAS(ARITHMETIC, MULTI, REM_OPS), { 0 } },
    { "figure3", "S9", "Count ↔ Cumu Val is low with Same-Object",
      TEST_LOWER, 0, MAS(ARITHMETIC, SAME, CUMU_VAL),
      MAS(ARITHMETIC, MULTI, REM_OPS), { 0 } },
    { "figure4", "S10", "A rotation moves Count between Same-Object GRUs",
      TEST_AT_LEAST, 0.90, MAP(SAME, SAME, "count", "rotation"),
      { 0 }, { 0 } },
    { "figure4", "S10", "An affine map moves Count between Same-Object GRUs",
      TEST_AT_LEAST, 0.90, MAP(SAME, SAME, "count", "affine"), { 0 }, { 0 } },
    { "figure4", "S10", "MAS does not: below the rotation",
      TEST_LOWER, 0, MAS(SAME, SAME, "count"),
      MAP(SAME, SAME, "count", "rotation"), { 0 } },
    { "figure4", "S10", "MAS does not: below the affine map",
      TEST_LOWER, 0, MAS(SAME, SAME, "count"),
      MAP(SAME, SAME, "count", "affine"), { 0 } },
    WITHOUT_ACCESS("figure6", MULTI, MULTI),
    WITHOUT_ACCESS("figure9", NULL, NULL),
    POOR("mas", "MAS"), POOR("unimas", "UniMAS"), POOR("cmas", "CMAS"),
    { 0 }
};

const struct quoted quoted_menu[] = {
    { "figure2", "MAS between transformers, hidden, Full", 0.108,
      MAS(TRANSFORMER, TRANSFORMER, "full") },
    { "figure2", "MAS between transformers, hidden, Count (the text does not "
      "say which of the two)", 0.108,
      MAS(TRANSFORMER, TRANSFORMER, "count") },
    { "figure2", "MAS between transformers, embedding, Last Value", 0.9783,
      MAS(TRANSFORMER, TRANSFORMER, "last_value") },
    { "figure2", "RSA between transformers, hidden", 0.8032,
      RSA(TRANSFORMER, TRANSFORMER, "hidden") },
    { "figure2", "RSA between Same-Object GRUs, embedding", 0.9027,
      RSA(SAME, SAME, "embedding") },
    { "figure2", "RSA between Multi-Object GRUs, embedding", 0.6886,
      RSA(MULTI, MULTI, "embedding") },
    { 0 }
};
