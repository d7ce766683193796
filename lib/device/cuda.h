/* cuda.h - what the parts of the CUDA device share. */
#ifndef CUDA_H
#define CUDA_H

#include "../acts.h"

struct align_engine;
struct learn_engine;

acts_recorder cuda_record;
extern const struct align_engine cuda_align;
extern const struct learn_engine cuda_learn;

#endif
