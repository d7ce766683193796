/* params.h - which number a parameter has in the table of its architecture
 * (arch.h), and a site: what the processor's code and a card's both know. */
#ifndef PARAMS_H
#define PARAMS_H

/* The output head (head.h), after the number of head.0.weight. */
enum { HEAD_W1, HEAD_B1, HEAD_W2, HEAD_B2 };

/* A transformer block (block.h), after the number of norm1.weight. */
enum { NORM1_W, NORM1_B, Q_W, Q_B, K_W, K_B, V_W, V_B, OUT_W, OUT_B, NORM2_W,
       NORM2_B, FF0_W, FF0_B, FF2_W, FF2_B, BLOCK_COUNT };

/* What every model begins with. */
enum { EMBEDDING };
enum { SITE_EMBEDDING, SITE_HIDDEN };

/* A model with one recurrent cell (arch/recurrent.h). */
enum { W_IH = EMBEDDING + 1, W_HH, B_IH, B_HH, RECURRENT_HEAD };

/* A transformer. */
enum { BLOCK_1 = EMBEDDING + 1, BLOCK_2 = BLOCK_1 + BLOCK_COUNT,
       NORM_W = BLOCK_2 + BLOCK_COUNT, NORM_B, TRANSFORMER_HEAD };

#endif
